// Starts the page: signs in, shows one view at a time, and keeps it up to date.

import { h, icon, setText } from "./dom.js";
import { Feed, Refused, get, post, remove } from "./net.js";
import { T, TITLES, VIEWS, mood as moodName } from "./texts.js";
import { aim } from "./aim.js";
import { music } from "./music.js";
import { now } from "./now.js";
import { settings } from "./settings.js";
import { signIn } from "./signin.js";
import { today } from "./today.js";
import { tryPicture } from "./try.js";

const MAKERS = { now, aim, today, music, settings, try: tryPicture };
const ANNOUNCE_EVERY_MS = 8000;

class App {
	state = {};
	#view = null;
	#quietUntil = 0;

	constructor(session) {
		this.session = session;
	}

	async start() {
		this.about = await get("about");
		this.feed = new Feed((parts) => this.#take(parts), (up) => this.#connected(up));
		document.title = `${this.about.name} · moodpid`;
		this.#build();
		addEventListener("hashchange", () => this.#show());
		this.#show();
	}

	toast(text) {
		setText(this.toastLine, text);
		this.toastLine.classList.add("shown");
		clearTimeout(this.toastTimer);
		this.toastTimer = setTimeout(() => this.toastLine.classList.remove("shown"), 3200);
	}

	/** Do something that may fail, and show why it did. */
	async attempt(work) {
		try {
			return await work();
		} catch (error) {
			if (error instanceof Refused && error.status === 401) location.reload();
			this.toast(error instanceof Refused ? error.message : T.offline);
		}
	}

	#build() {
		this.links = Object.fromEntries(
			Object.entries(VIEWS).map(([key, title]) => [key, h("a", { href: `#${key}` }, icon(key), h("span", title))]),
		);
		this.content = h("main", { tabindex: "-1" });
		this.offline = h("p.offline", { role: "status" });
		this.live = h("p.unseen", { "aria-live": "polite" });
		this.toastLine = h("p.toast", { role: "status" });
		const skip = h("button.skip", { onclick: () => this.content.focus() }, T.skipLink);
		const out = this.session.protected
			? h("button.quiet", { onclick: () => this.attempt(() => remove("session").then(() => location.reload())) }, T.signOut)
			: null;
		document.body.replaceChildren(
			skip,
			h("header.rail", h("p.brand", this.about.name), h("nav", { "aria-label": T.views }, Object.values(this.links))),
			this.offline,
			this.content,
			h("footer", out, h("small", T.about(this.about.name, this.about.version))),
			this.live,
			this.toastLine,
		);
	}

	#show() {
		const key = location.hash.slice(1);
		const name = Object.hasOwn(VIEWS, key) ? key : "now";
		this.#view?.close?.();
		this.#view = MAKERS[name](this);
		this.feed.watch(this.#view.level ?? 0);
		this.content.replaceChildren(h("h1", { class: name === "now" ? "unseen" : null }, TITLES[name]), this.#view.element);
		for (const [link, element] of Object.entries(this.links)) {
			element.setAttribute("aria-current", link === name ? "page" : "false");
		}
		this.#view.update?.(this.state, new Set(Object.keys(this.state)));
		scrollTo(0, 0);
	}

	#take(parts) {
		Object.assign(this.state, parts);
		if ("mood" in parts) document.body.dataset.mood = this.state.mood?.mood ?? "nobody";
		this.#view?.update?.(this.state, new Set(Object.keys(parts)));
		this.#announce();
	}

	/** Tell screen readers, seldom enough to be of use. */
	#announce() {
		const mood = !this.state.mood?.seen_s && this.state.mood?.mood;
		const song = this.state.player?.status === "play" && this.state.player.title;
		const text = [mood && T.announceMood(moodName(mood)), song && T.announceSong(song)].filter(Boolean).join(". ");
		if (text === this.live.textContent || performance.now() < this.#quietUntil) return;
		this.#quietUntil = performance.now() + ANNOUNCE_EVERY_MS;
		setText(this.live, text);
	}

	async #connected(up) {
		setText(this.offline, up ? "" : this.offline.textContent || T.offline);
		document.body.classList.toggle("is-offline", !up);
		if (up) return;
		// An EventSource cannot read why it was refused
		const session = await get("session").catch(() => null);
		if (session && !session.signed_in) location.reload();
		// It may be connected by now
		if (this.offline.textContent) setText(this.offline, session?.problem || T.offline);
	}
}

/** A link that `moodpid web` printed signs in with what stands behind its #. */
async function useLink() {
	const token = location.hash.slice(1);
	if (token.length < 40) return "";
	const problem = await post("session", { token }).then(() => "", (error) => {
		if (error.status < 408) return T.linkFailed;
		throw error; // no answer: start() tries again
	});
	history.replaceState(null, "", location.pathname);
	return problem;
}

async function main() {
	const problem = await useLink();
	const session = await get("session");
	if (session.signed_in) return new App(session).start();
	document.body.replaceChildren(signIn(session, problem));
	addEventListener("hashchange", () => location.reload()); // a pasted link
}

(function start() {
	main().catch(() => {
		document.body.replaceChildren(h("p.offline", { role: "alert" }, T.offline));
		setTimeout(start, 3000);
	});
})();
