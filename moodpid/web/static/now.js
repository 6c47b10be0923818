// What is now: the mood, how sure it is, what plays and why.

import { button, card, h, percent, setText } from "./dom.js";
import { get, request } from "./net.js";
import { Plane } from "./plane.js";
import { Stage } from "./stage.js";
import { T, field as fieldText, mood as moodName } from "./texts.js";

const BUTTONS = ["skip", "like", "misfit", "take_over"]; // the last also where nothing plays

export function now(app) {
	const word = h("p.mood-word");
	const since = h("p.mood-since");
	const trouble = h("p.trouble");
	const hero = h("section.hero", word, since, trouble, override(app));
	const player = playerCard(app);
	const bars = beliefBars(app);
	const plane = new Plane(app);
	const stage = app.about.picture ? new Stage() : null;
	const timer = setInterval(() => {
		showSince();
		plane.draw();
	}, 10_000);
	get("day").then((day) => plane.setTrail(day.trail), () => {});

	function showSince() {
		const mood = app.state.mood;
		if (!mood) return setText(since, "");
		if (mood.seen_s) return setText(since, T.seen(app.feed.now() - mood.seen_s));
		const parts = [T.lasts(app.feed.now() - mood.since_s), mood.overridden ? T.overridden : T.sure(percent(mood.confidence))];
		if (mood.faces) parts.push(T.faces(mood.faces));
		setText(since, parts.join(" · "));
	}

	function update(state, changed) {
		if (changed.has("mood")) {
			setText(word, moodName(state.mood?.mood));
			showSince();
			bars.update(state.mood);
		}
		if (changed.has("camera")) setText(trouble, state.camera.message || T.camera[state.camera.status]);
		if (changed.has("mood") || changed.has("player")) plane.update(state);
		if (changed.has("player")) player.update(state.player);
		if (changed.has("settings")) hero.querySelector("select").value = state.settings.override;
		if (changed.has("frame")) stage?.update(state.frame);
	}

	return {
		level: stage ? 1 : 0,
		update,
		close: () => clearInterval(timer),
		element: h(
			"div",
			{ class: stage ? "grid now with-picture" : "grid now" },
			hero,
			app.about.music ? player.element : null,
			card("plane-card", T.plane, plane.element),
			stage && card("picture-card", T.picture, stage.element),
			card("beliefs-card", T.beliefs, bars.element),
		),
	};
}

function override(app) {
	const options = app.about.fields.find((one) => one.key === "override").options;
	const select = h(
		"select",
		{
			id: "set-mood",
			async onchange() {
				const sent = await app.attempt(() => request("override", select.value));
				if (!sent) select.value = app.state.settings.override;
			},
		},
		options.map((value) => h("option", { value }, moodName(value))),
	);
	return h("div.override", h("label", { for: "set-mood" }, T.setMood), select);
}

function playerCard(app) {
	const status = h("h2");
	const title = h("p.song-title");
	const artist = h("p.song-artist");
	const facts = h("dl.facts");
	const hold = h("p.hold");
	const keys = new Set(app.about.fields.map((one) => one.key));
	const buttons = BUTTONS.filter((key) => keys.has(key)).map((key) => button(key, fieldText(key)[0], () => press(app, key)));

	function update(player) {
		const plays = ["play", "pause"].includes(player.status);
		// Without a message nothing is wrong: the service has just started
		setText(status, player.status === "unreachable" && !player.message ? T.askPlayer : T.player[player.status]);
		setText(title, (plays && player.title) || T.noSong);
		setText(artist, plays ? player.artist : "");
		setText(hold, player.message);
		const known = [
			[T.next, player.next_title],
			// Of the songs that moodpid chose last, which may be those that follow
			[T.chosenFor, player.mood ? moodName(player.mood) : ""],
			[T.from, player.playlist],
			[T.why, player.why],
		].filter(([, text]) => text);
		const key = JSON.stringify(known);
		if (facts.dataset.key !== key) {
			facts.dataset.key = key;
			facts.replaceChildren(...known.flatMap(([name, text]) => [h("dt", name), h("dd", text)]));
		}
		for (const button of buttons.slice(0, -1)) button.disabled = player.status !== "play";
	}

	const element = card("player-card", null, status, title, artist, facts, hold, h("div.buttons", buttons));
	return { element, update };
}

export async function press(app, key) {
	if (await app.attempt(() => request(key, "PRESS"))) app.toast(`${fieldText(key)[0]}: ${T.sent}`);
}

export class Bar {
	constructor(mood) {
		this.value = h("span.value");
		this.fill = h("span", { "data-mood": mood });
		this.element = h("li", h("span", moodName(mood)), h("span.bar", { "aria-hidden": "true" }, this.fill), this.value);
	}

	show(share, text) {
		setText(this.value, text);
		this.fill.style.transform = `scaleX(${share})`;
	}
}

/** Seven bars, in an order that never changes. */
export function beliefBars(app) {
	const { nobody: _, ...emotions } = app.about.moods;
	const bars = Object.keys(emotions).map((emotion) => [emotion, new Bar(emotion)]);

	function update(mood) {
		for (const [emotion, bar] of bars) {
			const score = mood && mood.mood !== "nobody" ? (mood.scores[emotion] ?? 0) : 0;
			bar.show(score, percent(score));
			bar.element.classList.toggle("top", mood?.mood === emotion);
		}
	}

	const element = h("ul.beliefs", bars.map(([, bar]) => bar.element));
	update(null);
	return { element, update };
}
