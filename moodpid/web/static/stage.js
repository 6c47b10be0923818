// The camera's picture with the outlines of faces; outlines alone where the picture is not shown.

import { h, percent, s } from "./dom.js";
import { T, mood as moodName } from "./texts.js";

export class Stage {
	#loading = false;
	#waiting = null;
	#wanted = null;

	constructor() {
		this.image = h("img.away", { alt: "", decoding: "async" });
		this.overlay = s("svg", { viewBox: "0 0 4 3", preserveAspectRatio: "none" });
		this.labels = h("div.labels");
		this.inner = h("div.stage-inner", this.image, this.overlay, this.labels);
		this.element = h("div.stage", { role: "img", "aria-label": T.pictureLabel(0) }, this.inner);
	}

	/** Show a frame; null when there is none. */
	update(frame) {
		this.#wanted = frame;
		if (frame) this.#shape(frame);
		if (!frame?.picture) {
			this.image.classList.add("away");
			this.#draw(frame);
		} else if (this.#loading) {
			this.#waiting = frame;
		} else {
			this.#load(frame);
		}
	}

	/** Show a picture of the page's own, with its faces. */
	show(url, frame) {
		this.#shape(frame);
		this.image.classList.remove("away");
		this.image.src = url;
		this.#draw(frame);
	}

	#shape(frame) {
		this.element.style.setProperty("--shape", frame.width / frame.height);
		this.element.setAttribute("aria-label", T.pictureLabel(frame.faces.length));
	}

	// One at a time: a slow connection gets fewer
	async #load(frame) {
		this.#loading = true;
		this.image.src = `api/picture/${frame.number}`;
		const loaded = this.image.decode().then(() => true, () => false);
		const there = await Promise.race([loaded, new Promise((end) => setTimeout(end, 15_000))]);
		const show = there && this.#wanted?.picture; // the camera may be off by now
		this.image.classList.toggle("away", !show);
		if (show) this.#draw(frame);
		this.#loading = false;
		const next = this.#waiting;
		this.#waiting = null;
		if (next) this.#load(next);
	}

	#draw(frame) {
		const faces = frame?.faces ?? [];
		if (frame) this.overlay.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
		this.overlay.replaceChildren(
			...faces.map((face) =>
				s("rect", {
					x: face.x * frame.width,
					y: face.y * frame.height,
					width: face.width * frame.width,
					height: face.height * frame.height,
					rx: 0.06 * face.width * frame.width,
					class: face.emotion ? null : "unread",
					"data-mood": face.emotion,
				}),
			),
		);
		this.labels.replaceChildren(
			...faces.map((face) => {
				const text = face.emotion ? `${moodName(face.emotion)} ${percent(face.confidence)}` : `${face.px} px`;
				const low = face.y < 0.12;
				const label = h("span", { class: low ? "tag below" : "tag face-tag" }, text);
				label.style.left = `${100 * Math.min(Math.max(face.x, 0), 0.8)}%`;
				label.style.top = `${100 * (low ? face.y + face.height : face.y)}%`;
				return label;
			}),
		);
	}
}
