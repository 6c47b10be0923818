// The lists of each mood, what would play, and the library on the plane.

import { card, h, setText } from "./dom.js";
import { get } from "./net.js";
import { songMap } from "./plane.js";
import { T, mood as moodName } from "./texts.js";

export function music(app) {
	if (!app.about.music) return { element: h("p.note", T.noPlayer) };
	const list = h("div.grid.moods", h("p.note", { role: "status" }, T.askPlayer));
	get("playlists").then(
		async (moods) => {
			list.replaceChildren(...moods.map((one) => moodCard(app, one)));
			const library = await app.attempt(() => get("library"));
			if (library?.total) list.append(libraryCard(app, library));
		},
		(error) => list.replaceChildren(h("p.problem", { role: "alert" }, error.message)),
	);
	return { element: list };
}

function moodCard(app, one) {
	const songs = h("ol.next-songs");
	const details = h("details", { ontoggle: show }, h("summary", T.wouldPlay), songs);

	async function show() {
		const picks = details.open && (await app.attempt(() => get(`playlists/${one.mood}`)));
		if (picks) songs.replaceChildren(...(picks.length ? picks.map(pick) : [h("li", T.wouldPlayNone)]));
	}

	return h(
		"section.card.mood-card",
		{ "data-mood": one.mood },
		h("h2", h("span.spot"), moodName(one.mood)),
		one.borrowed && h("p.note", T.borrowed(moodName(one.borrowed))),
		one.lists.length ? h("ul.lists", one.lists.map(listLine)) : h("p.note", T.leaves),
		one.lists.some((entry) => !entry.problem) && details,
	);
}

function listLine(entry) {
	const facts = entry.problem
		? h("span.problem", entry.problem)
		: h("small", T.songCount(entry.songs), entry.weight === 1 ? "" : ` · ${T.weight(entry.weight)}`);
	return h("li", h("span", entry.name), facts);
}

const pick = (song) => h("li", song.uri.split("/").pop(), h("small", song.why));

function libraryCard(app, { total, songs }) {
	const name = h("p.detail", T.songCount(total));
	return card("wide", T.library, songMap(app, songs, (text) => setText(name, text)), name);
}
