// The lists of each mood, and what would play.

import { button, h } from "./dom.js";
import { get } from "./net.js";
import { T, mood as moodName } from "./texts.js";

export function music(app) {
	if (!app.about.music) return { element: h("p", { class: "note" }, T.musicNone) };
	const list = h("div", { class: "grid moods" }, h("p", { class: "note", role: "status" }, T.musicLoading));
	get("playlists").then(
		(moods) => list.replaceChildren(...moods.map((one) => moodCard(app, one))),
		(error) => list.replaceChildren(h("p", { class: "problem", role: "alert" }, error.message)),
	);
	return { element: list };
}

function moodCard(app, one) {
	const songs = h("ol", { class: "next-songs", hidden: true });
	const ask = button("music", T.wouldPlay, show, { class: "quiet", "aria-expanded": "false" });

	async function show() {
		if (!songs.hidden) {
			songs.hidden = true;
			ask.setAttribute("aria-expanded", "false");
			return;
		}
		const picks = await app.attempt(() => get(`playlists/${one.mood}`));
		if (!picks) return;
		songs.replaceChildren(...(picks.length ? picks.map(pick) : [h("li", T.wouldPlayNone)]));
		songs.hidden = false;
		ask.setAttribute("aria-expanded", "true");
	}

	const borrowed = one.borrowed ? h("p", { class: "note" }, T.borrowed(moodName(one.borrowed))) : null;
	return h(
		"section",
		{ class: "card mood-card", "data-mood": one.mood },
		h("h2", h("span", { class: "spot", "data-mood": one.mood }), moodName(one.mood)),
		borrowed,
		one.lists.length ? h("ul", { class: "lists" }, one.lists.map(listLine)) : h("p", { class: "note" }, T.leaves),
		one.lists.some((entry) => !entry.problem) ? ask : null,
		songs,
	);
}

function listLine(entry) {
	const facts = entry.problem
		? h("span", { class: "problem" }, entry.problem)
		: h("small", T.songCount(entry.songs), entry.weight === 1 ? "" : ` · ${T.weight(entry.weight)}`);
	return h("li", h("span", entry.name), facts);
}

function pick(song) {
	const name = song.title || song.uri.split("/").pop();
	return h("li", h("span", name), h("small", song.why));
}
