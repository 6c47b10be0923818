// Valence and arousal: moods, the trail of the last minutes, the song that plays.

import { s } from "./dom.js";
import { T, mood as moodName } from "./texts.js";

const SIZE = 100;
const BOX = "-118 -118 236 236";
const TRAIL_S = 300;
const PARTS = 6;
const MOST_POINTS = 400;
const SMALLEST_STEP = 0.015;
// Where names stand beside their places
const LABELS = { angry: [-16, 16], fear: [2, -10], disgust: [-6, 18], surprise: [14, -10], neutral: [0, 17] };

const x = (valence) => SIZE * valence;
const y = (arousal) => -SIZE * arousal;

export class Plane {
	#trail = [];

	constructor(app) {
		this.app = app;
		this.parts = Array.from({ length: PARTS }, (_, i) => s("polyline.trail", { opacity: 0.22 + 0.1 * i }));
		this.here = s("g.here", s("circle.halo", { r: 14 }), s("circle.dot", { r: 6 }));
		this.song = s("g.song", s("circle", { r: 7.5 }), s("path", { d: "M0 3V-4.5l3 1.5M0 3a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 1 1 3.6 0" }));
		this.element = s("svg.plane", { viewBox: BOX, role: "img" }, ground(app), this.parts, this.song, this.here);
	}

	/** Take the points of the last minutes, each [seconds, valence, arousal]. */
	setTrail(points) {
		this.#trail = points;
		this.draw();
	}

	update(state) {
		const mood = state.mood;
		this.element.setAttribute("aria-label", T.planeLabel(moodName(mood?.mood)));
		this.#place(this.here, mood?.place);
		const player = state.player;
		this.#place(this.song, player?.status === "play" && player.place);
		if (mood?.place) this.#add(mood.place);
		this.draw();
	}

	#add([valence, arousal]) {
		const now = this.app.feed.now();
		const last = this.#trail.at(-1);
		if (last && Math.hypot(last[1] - valence, last[2] - arousal) < SMALLEST_STEP) last[0] = now;
		else this.#trail = [...this.#trail.slice(-MOST_POINTS), [now, valence, arousal]];
	}

	/** Show the trail, as far as it is not too old by now. */
	draw() {
		const now = this.app.feed.now();
		const recent = this.#trail.filter(([at]) => Math.abs(now - at) < TRAIL_S);
		const each = Math.ceil(recent.length / PARTS) || 1;
		this.parts.forEach((line, i) => {
			// One point more, so that the parts meet
			const points = recent.slice(i * each, (i + 1) * each + 1);
			line.setAttribute("points", points.map(([, v, a]) => `${x(v)},${y(a)}`).join(" "));
		});
	}

	#place(group, place) {
		group.classList.toggle("away", !place);
		if (place) group.style.transform = `translate(${x(place[0])}px, ${y(place[1])}px)`;
	}
}

function ground(app) {
	const places = Object.entries(app.about.moods).filter(([name]) => name !== "nobody");
	return [
		s("rect.ground", { x: -114, y: -114, width: 228, height: 228, rx: 22 }),
		s("path.axes", { d: "M-104 0H104M0-104V104" }),
		s("text.end", { x: 106, y: 10 }, T.pleasant),
		s("text", { x: -106, y: 10 }, T.unpleasant),
		s("text.end", { x: -4, y: -103 }, T.lively),
		s("text.end", { x: -4, y: 108 }, T.quiet),
		s("g.places", places.map(([name, [v, a]]) => s("circle", { cx: x(v), cy: y(a), r: 24, "data-mood": name }))),
		places.map(([name, [v, a]]) => {
			const [dx, dy] = LABELS[name] ?? [0, 16];
			return s("text.name", { x: x(v) + dx, y: y(a) + dy }, moodName(name));
		}),
	];
}

/** Songs on the plane, each [valence, arousal, name]; `onNear` gets the name under the pointer. */
export function songMap(app, songs, onNear) {
	const near = (event) => {
		const box = map.getBoundingClientRect();
		const at = (share) => (236 * share - 118) / SIZE;
		const v = at((event.clientX - box.left) / box.width);
		const a = -at((event.clientY - box.top) / box.height);
		const distance = (song) => Math.hypot(song[0] - v, song[1] - a);
		onNear(songs.reduce((best, song) => (distance(song) < distance(best) ? song : best))[2]);
	};
	const dots = songs.map(([v, a]) => s("circle", { cx: x(v), cy: y(a), r: 1.5 }));
	const map = s("svg.plane", { viewBox: BOX, "aria-hidden": "true", onpointermove: near, onpointerdown: near }, ground(app), dots);
	return map;
}
