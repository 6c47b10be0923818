// Aiming the camera: what it sees, what to mend, and the lines that turn the picture.

import { button, card, h, icon, s, setText } from "./dom.js";
import { Stage } from "./stage.js";
import { HINTS, T, fillIn } from "./texts.js";

export function aim(app) {
	const stage = new Stage();
	const words = h("span", { role: "status" });
	const verdict = h("p.verdict", icon("hint"), words);
	const hints = h("ul.hints");
	const ruler = s("svg.ruler", { "aria-hidden": "true" });
	const rulerText = h("span.tag.ruler-tag", T.smallest(app.about.min_face_px));
	const turning = new Turning(app, stage.inner);
	let shownHints = "";
	stage.element.append(ruler, rulerText);
	stage.element.classList.toggle("blank", !app.about.picture);

	function showRuler(frame) {
		const px = app.about.min_face_px;
		ruler.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
		ruler.replaceChildren(s("rect", { x: 14, y: frame.height - px - 14, width: px, height: px, rx: 5 }));
		rulerText.style.left = `${(100 * (px + 24)) / frame.width}%`;
	}

	function update(state, changed) {
		const frame = state.frame;
		if (changed.has("frame")) {
			stage.update(frame);
			if (frame) showRuler(frame);
		}
		if (!(changed.has("frame") || changed.has("camera"))) return;
		const read = frame?.faces.filter((face) => face.emotion) ?? [];
		const good = read.length > 0;
		let text = frame?.faces.length ? T.aimUnread : T.aimNone;
		if (!frame) text = T.camera[state.camera?.status] || T.starting;
		else if (good) text = T.aimGood(read.length, read[0].px);
		setText(words, text);
		verdict.classList.toggle("good", good);
		verdict.firstChild.replaceWith(icon(good ? "good" : "hint"));
		showHints(frame, good);
	}

	function showHints(frame, good) {
		const values = { px: frame?.faces.find((face) => !face.emotion)?.px, need: app.about.min_face_px, turn: frame?.turn };
		const found = (frame?.hints ?? []).map((hint) => [hint, ...(HINTS[hint] ?? [hint, ""]).map((text) => fillIn(text, values))]);
		if (!found.length && !good && frame) found.push(["none", "", T.aimNoneText]);
		const key = JSON.stringify([found, values.turn]);
		if (key === shownHints) return;
		shownHints = key;
		hints.replaceChildren(
			...found.map(([hint, title, text]) =>
				h(
					"li",
					title && icon("hint"),
					h("div", h("strong", title), h("p", text)),
					hint === "turned" && h("button", { onclick: () => turning.upright(frame.turn) }, `${T.turnRight} ${frame.turn}°`),
				),
			),
		);
	}

	return {
		level: 2,
		update,
		element: h(
			"div.grid.aim",
			card("stage-card", null, stage.element, !app.about.picture && h("p.note", T.noPicture)),
			card("advice", null, verdict, hints),
			turning.element,
		),
	};
}

/** Turns and mirrors the picture on the page, and says how to keep that. */
class Turning {
	#turn = 0;
	#mirror = false;

	constructor(app, picture) {
		this.camera = app.about.camera;
		this.picture = picture;
		this.lines = h("pre.lines", { tabindex: "0" });
		this.text = h("p.note");
		const tools = [
			button("turn_left", T.turnLeft, () => this.turn(270)),
			button("turn_right", T.turnRight, () => this.turn(90)),
			button("mirror", T.mirror, () => this.mirror()),
		];
		this.element = card("turning", null, h("div.buttons", tools), h("h2", T.lines), this.lines, this.text);
		this.#show();
	}

	turn(degrees) {
		// What is mirrored turns the other way in the picture below
		this.#turn = (this.#turn + (this.#mirror ? 360 - degrees : degrees)) % 360;
		this.#show();
	}

	/** Turn the camera's picture clockwise, whatever was tried before. */
	upright(degrees) {
		this.#turn = degrees;
		this.#mirror = false;
		this.#show();
	}

	mirror() {
		this.#mirror = !this.#mirror;
		this.#show();
	}

	#show() {
		const { rotation, hflip, vflip } = configured(this.camera, this.#turn, this.#mirror);
		const same = this.#turn === 0 && !this.#mirror;
		this.lines.textContent = `[camera]\nrotation = ${rotation}\nhflip = ${hflip}\nvflip = ${vflip}`;
		this.text.textContent = same ? T.linesSame : T.linesText;
		const aside = this.#turn % 180 ? 0.75 : 1;
		this.picture.style.transform = `scaleX(${this.#mirror ? -1 : 1}) rotate(${this.#turn}deg) scale(${aside})`;
		this.picture.classList.toggle("changed", !same);
	}
}

/**
 * The configuration that shows the present picture turned clockwise and then mirrored left to right.
 * The camera mirrors first and turns then; a mirror before a turn by 90 degrees acts along the other axis.
 */
export function configured(camera, turn, mirror) {
	const rotation = (camera.rotation + turn) % 360;
	const across = rotation % 180 !== 0;
	return {
		rotation,
		hflip: camera.hflip !== (mirror && !across),
		vflip: camera.vflip !== (mirror && across),
	};
}
