// The last day: a strip of moods and songs, and how the time was spent.

import { card, clock, h, percent, s, setText } from "./dom.js";
import { get } from "./net.js";
import { Bar } from "./now.js";
import { T, duration, mood as moodName } from "./texts.js";

const RANGES_H = [1, 6, 24];
const WIDTH = 1000;
const REFRESH_MS = 5000;
const SONGS = 40;
const LEAST_S = 120;

export function today(app) {
	let hours;
	let day = null;
	let chosen = null; // the beginning of a span: its number changes while others leave the strip
	const strip = s("svg.strip", { viewBox: `0 0 ${WIDTH} 120`, preserveAspectRatio: "none", role: "slider", tabindex: "0", "aria-label": T.todayLabel, "aria-valuemin": "0" });
	const detail = h("p.detail");
	const times = h("div.times", { "aria-hidden": "true" });
	const shares = h("ul.beliefs");
	const songs = h("ol.songs");
	const none = h("p.note", T.todayNone);
	const ranges = RANGES_H.map((count) => h("button", { onclick: () => choose(count) }, T.hours(count)));
	const parts = h("div.grid.two", card("wide", null, h("div.row", h("div.choices", { role: "group" }, ranges), detail), strip, times), card("", T.shares, shares), card("", T.songs, songs));

	function choose(count) {
		hours = count;
		chosen = null;
		ranges.forEach((button, i) => button.setAttribute("aria-pressed", RANGES_H[i] === count));
		draw();
	}

	const first = () => Math.min(...[...day.moods, ...day.songs].map((span) => span[1]));
	// What was before the service started takes no room
	const from = () => Math.min(Math.max(app.feed.now() - 3600 * hours, first()), app.feed.now() - LEAST_S);
	const time = (at) => clock(app.feed.date(at));
	const width = () => app.feed.now() - from();
	const place = (at) => Math.max(0, (WIDTH * (at - from())) / width());
	const visible = (spans) => spans.filter(([, , end]) => end > from());
	/** The number of the span that was chosen, else of the last one. */
	const shown = (moods) => moods.indexOf(moods.at(moods.findIndex(([, start]) => start === chosen)));

	function block([mood, start, end], properties) {
		const left = place(start);
		return s("rect", { x: left, width: Math.max(1.2, place(end) - left), "data-mood": mood ?? "nobody", ...properties });
	}

	function draw() {
		if (!day) return;
		const moods = visible(day.moods);
		const played = visible(day.songs);
		none.hidden = day.moods.length + day.songs.length > 0;
		parts.hidden = !none.hidden;
		strip.replaceChildren(
			s("rect.ground", { width: WIDTH, height: 84 }),
			...moods.map((span) => block(span, { height: 84, class: span[1] === chosen ? "span chosen" : "span" })),
			...played.map((span) => block(span, { y: 94, height: 22, rx: 3, class: "song-span" })),
		);
		strip.setAttribute("aria-valuemax", Math.max(0, moods.length - 1));
		showDetail(moods);
		showTimes();
		showShares(moods);
		songs.replaceChildren(
			...played.slice(-SONGS).reverse().map(([mood, start, , title, artist]) =>
				h("li", h("time", time(start)), h("span.spot", { "data-mood": mood ?? "nobody" }), h("span", title, h("small", ` ${artist}`))),
			),
		);
	}

	function showDetail(moods) {
		const [mood, start, end, confidence] = moods[shown(moods)] ?? [];
		const text = mood ? `${time(start)} – ${time(end)}: ${moodName(mood)}, ${T.sure(percent(confidence))}` : "";
		setText(detail, text);
		strip.setAttribute("aria-valuetext", text);
		strip.setAttribute("aria-valuenow", Math.max(0, shown(moods)));
	}

	function showTimes() {
		const steps = width() < 600 ? 1 : 4;
		const marks = Array.from({ length: steps + 1 }, (_, i) => from() + (width() * i) / steps);
		times.replaceChildren(...marks.map((at) => h("span", time(at))));
	}

	function showShares(moods) {
		const totals = new Map();
		for (const [mood, start, end] of moods) totals.set(mood, (totals.get(mood) ?? 0) + end - Math.max(start, from()));
		const all = [...totals.values()].reduce((sum, value) => sum + value, 0) || 1;
		const sorted = [...totals].sort((a, b) => b[1] - a[1]);
		shares.replaceChildren(
			...sorted.map(([mood, seconds]) => {
				const bar = new Bar(mood);
				bar.show(seconds / all, duration(seconds));
				return bar.element;
			}),
		);
	}

	function pick(event) {
		const box = strip.getBoundingClientRect();
		const at = from() + ((event.clientX - box.left) / box.width) * width();
		const found = visible(day.moods).find(([, start, end]) => at >= start && at <= end)?.[1];
		if (found === chosen) return;
		chosen = found;
		draw();
	}

	strip.addEventListener("pointermove", pick);
	strip.addEventListener("pointerdown", pick);
	strip.addEventListener("keydown", (event) => {
		const moods = visible(day.moods);
		const at = shown(moods);
		const next = moods[{ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: moods.length - 1 }[event.key]];
		if (!next) return;
		event.preventDefault();
		chosen = next[1];
		draw();
	});

	async function load() {
		day = (await get("day").catch(() => null)) ?? day;
		draw();
	}
	const timer = setInterval(load, REFRESH_MS);
	none.hidden = parts.hidden = true;
	choose(RANGES_H[0]);

	return {
		close: () => clearInterval(timer),
		update: (_, changed) => changed.has("player") && load(),
		element: h("div", none, parts),
	};
}
