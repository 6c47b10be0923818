// Faces and emotions in a picture of the user's own.

import { button, card, h, setText } from "./dom.js";
import { Refused, post } from "./net.js";
import { beliefBars } from "./now.js";
import { Stage } from "./stage.js";
import { T, mood as moodName } from "./texts.js";

const LONGEST_PX = 1600; // more shows no more faces, and takes a phone's connection long
const QUALITY = 0.9;

export function tryPicture(app) {
	const line = h("p.note", { role: "status" });
	const result = h("div.grid.two");
	let url = "";
	let latest; // file: answers about others come too late

	async function read(file) {
		if (!file) return;
		latest = file;
		setText(line, T.tryBusy);
		result.replaceChildren();
		const picture = await shrink(file).catch(() => null);
		try {
			const frame = picture && (await post("classify", picture));
			if (file !== latest) return;
			if (frame) show(frame, picture);
			else setText(line, T.tryBroken);
		} catch (error) {
			if (file === latest) setText(line, error instanceof Refused ? error.message : T.offline);
		}
	}

	function show(frame, picture) {
		URL.revokeObjectURL(url);
		url = URL.createObjectURL(picture);
		setText(line, frame.faces.length ? "" : T.tryNone);
		const stage = new Stage();
		stage.show(url, frame);
		result.replaceChildren(
			stage.element,
			...frame.faces.map((face, i) => {
				const bars = beliefBars(app);
				bars.update({ mood: face.emotion, scores: face.scores });
				return card("", `${T.face(i + 1)}: ${moodName(face.emotion)}`, bars.element);
			}),
		);
	}

	const choose = input(read, T.tryChoose, "try", {});
	const take = input(read, T.tryTake, "aim", { capture: "user" });
	const drop = h(
		"div.drop",
		{
			ondragover: (event) => event.preventDefault(),
			ondrop: (event) => {
				event.preventDefault();
				read(event.dataTransfer.files[0]);
			},
		},
		h("p", T.tryDrop),
		h("div.buttons", choose, take),
	);

	return {
		close() {
			latest = null;
			URL.revokeObjectURL(url);
		},
		element: h("div.try", h("p.note", T.tryIntro), drop, line, result),
	};
}

function input(read, text, name, properties) {
	const field = h("input.unseen", { type: "file", accept: "image/*", tabindex: "-1", "aria-hidden": "true", onchange: () => { read(field.files[0]); field.value = ""; }, ...properties });
	return h("span", button(name, text, () => field.click()), field);
}

/** The picture upright and of a size that is enough, as JPEG. */
async function shrink(file) {
	const bitmap = await createImageBitmap(file);
	const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
	const canvas = h("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
	canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	bitmap.close();
	return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
