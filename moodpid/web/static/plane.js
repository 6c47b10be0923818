// The plane of valence and arousal: moods, the trail of the last minutes, and the song that plays.

import { s } from "./dom.js";
import { T, mood as moodName } from "./texts.js";

const SIZE = 100;
const TRAIL_S = 300;
const PARTS = 6;
const SMALLEST_STEP = 0.015;
// Where each name stands, beside its place; some moods lie close together
const LABELS = { angry: [-16, 16], fear: [2, -10], disgust: [-6, 18], surprise: [14, -10], neutral: [0, 17] };

const x = (valence) => SIZE * valence;
const y = (arousal) => -SIZE * arousal;

export class Plane {
	#trail = [];

	constructor(app) {
		this.app = app;
		const places = Object.entries(app.about.moods).filter(([name]) => name !== "nobody");
		this.parts = Array.from({ length: PARTS }, (_, i) => s("polyline", { class: "trail", opacity: (0.12 + (0.6 * (i + 1)) / PARTS).toFixed(2) }));
		this.dot = s("circle", { class: "dot", r: 6 });
		this.halo = s("circle", { class: "halo", r: 14 });
		this.here = s("g", { class: "here" }, this.halo, this.dot);
		this.song = s("g", { class: "song" }, s("circle", { r: 7.5 }), s("path", { d: "M0 3V-4.5l3 1.5M0 3a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 1 1 3.6 0" }));
		this.element = s(
			"svg",
			{ viewBox: "-118 -118 236 236", class: "plane", role: "img" },
			s("rect", { x: -114, y: -114, width: 228, height: 228, rx: 22, class: "ground" }),
			s("path", { d: "M-104 0H104M0-104V104", class: "axes" }),
			s("text", { x: 106, y: 10, "text-anchor": "end" }, T.pleasant),
			s("text", { x: -106, y: 10 }, T.unpleasant),
			s("text", { x: -4, y: -103, "text-anchor": "end" }, T.lively),
			s("text", { x: -4, y: 108, "text-anchor": "end" }, T.quiet),
			s("g", { class: "places" }, places.map(([name, [v, a]]) => s("circle", { cx: x(v), cy: y(a), r: 24, "data-mood": name }))),
			places.map(([name, [v, a]]) => {
				const [dx, dy] = LABELS[name] ?? [0, 16];
				return s("text", { x: x(v) + dx, y: y(a) + dy, "text-anchor": "middle", class: "name" }, moodName(name));
			}),
			this.parts,
			this.song,
			this.here,
		);
	}

	/** Take the points of the last minutes, each [seconds, valence, arousal]. */
	setTrail(points) {
		this.#trail = points;
		this.#draw();
	}

	update(state) {
		const mood = state.mood;
		this.element.setAttribute("aria-label", T.planeLabel(moodName(mood?.mood ?? "nobody")));
		this.#place(this.here, mood?.place);
		const player = state.player;
		const place = player?.status === "play" ? (songPlace(player) ?? this.app.about.moods[player.mood]) : null;
		this.#place(this.song, player?.mood === "nobody" ? null : place);
		if (mood?.place) this.#add(mood.place);
	}

	#add([valence, arousal]) {
		const last = this.#trail.at(-1);
		if (last && Math.hypot(last[1] - valence, last[2] - arousal) < SMALLEST_STEP) return;
		this.#trail.push([this.app.feed.now(), valence, arousal]);
		this.#draw();
	}

	#draw() {
		const now = this.app.feed.now();
		this.#trail = this.#trail.filter(([at]) => now - at < TRAIL_S).slice(-400);
		const each = Math.ceil(this.#trail.length / PARTS) || 1;
		this.parts.forEach((line, i) => {
			// One point more, so that the parts meet
			const points = this.#trail.slice(i * each, (i + 1) * each + 1);
			line.setAttribute("points", points.map(([, v, a]) => `${x(v).toFixed(1)},${y(a).toFixed(1)}`).join(" "));
		});
	}

	#place(group, place) {
		group.classList.toggle("away", !place);
		if (place) group.style.transform = `translate(${x(place[0]).toFixed(1)}px, ${y(place[1]).toFixed(1)}px)`;
	}
}

/** Where an analysed song lies, if the service knows. */
export function songPlace(song) {
	if (Array.isArray(song.place)) return song.place;
	return typeof song.valence === "number" && typeof song.arousal === "number" ? [song.valence, song.arousal] : null;
}
