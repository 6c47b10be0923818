// Every text of the page.

const MOODS = {
	angry: "Angry",
	disgust: "Disgusted",
	fear: "Afraid",
	happy: "Happy",
	sad: "Sad",
	surprise: "Surprised",
	neutral: "Neutral",
	nobody: "Nobody",
	unknown: "Unknown",
};

export const VIEWS = {
	now: "Now",
	aim: "Aim",
	today: "Today",
	music: "Music",
	settings: "Settings",
	try: "Try",
};

export const TITLES = { ...VIEWS, aim: "Aim the camera", try: "Try a picture" };

// Settings and buttons by their keys; one without an entry shows its key in words
const FIELDS = {
	enabled: ["Watch", "Off closes the camera and leaves the player alone."],
	drive_music: ["Choose the music", "Off leaves the player alone; the mood is still shown."],
	strategy: ["Where the music leads", "Match plays the mood. Lift begins there and leads towards calm and cheerful."],
	override: ["Mood", "Automatic follows the faces. Any other holds until it is set back."],
	dwell_s: ["A mood lasts at least", "Longer is calmer."],
	sensitivity: ["Sensitivity", "How readily the mood follows the faces."],
	looks_hz: ["Looks per second", "Fewer save power."],
	skip: ["Skip"],
	misfit: ["Does not fit"],
	like: ["More like this"],
	take_over: ["Take over now"],
	forget_room: ["Forget what was learned"],
	restart: ["Restart the service"],
};

export const HINTS = {
	dark: ["Too dark", "Make light, or uncover the lens."],
	backlit: ["Against the light", "Turn the camera away from the window, or light the face from the front. With a Pi camera, set backlight = true in [camera]."],
	small: ["Too far away", "A face here is {px} pixels wide; {need} are needed. Move closer, or set min_face_px lower in [vision]."],
	side: ["Too far to the side", "Turn the camera so that faces are nearer to the middle."],
	tilted: ["Tilted", "Level the camera, so that faces stand upright."],
	turned: ["Turned", "The picture lies on its side or upside down. Turn it by {turn}°:"],
};

export const T = {
	skipLink: "Skip to content",
	views: "Views",
	offline: "No connection to moodpid. Trying again …",
	password: "Password",
	signIn: "Sign in",
	signOut: "Sign out",
	linkOnly: "No password is set. The link that “sudo moodpid web” prints on the machine signs you in.",
	linkFailed: "This link was used already or is older than 15 minutes.",

	starting: "Waiting for the camera",
	lasts: (seconds) => `for ${seconds < 60 ? "a moment" : duration(seconds)}`,
	seen: (seconds) => `as it was ${duration(seconds)} ago`,
	sure: (share) => `${share} sure`,
	faces: (count) => (count === 1 ? "1 face" : `${count} faces`),
	overridden: "set by hand",
	camera: {
		starting: "The camera is starting",
		watching: "",
		dark: "Too dark to see a face",
		lost: "The camera is away",
		off: "The camera is off",
	},
	player: {
		play: "Playing",
		pause: "Paused",
		stop: "Stopped",
		unreachable: "The player cannot be reached",
		disabled: "moodpid leaves the player alone",
	},
	noPlayer: "The player is switched off in the configuration",
	chosenFor: "Chosen for",
	from: "From",
	next: "Next",
	why: "Why",
	noSong: "No song",
	beliefs: "What the faces show",
	plane: "Where the mood lies",
	planeLabel: (mood) => `Unpleasant to pleasant from left to right, calm to lively from bottom to top. The mood is ${mood}.`,
	pleasant: "pleasant",
	unpleasant: "unpleasant",
	lively: "lively",
	quiet: "calm",
	picture: "What the camera sees",
	pictureLabel: (count) => `A picture with ${T.faces(count)}`,
	setMood: "Set the mood",
	announceMood: (mood) => `Mood: ${mood}`,
	announceSong: (title) => `Playing ${title}`,

	aimGood: (count, px) => `${T.faces(count)} can be read, some ${10 * Math.round(px / 10)} pixels wide`,
	aimUnread: "A face is seen, but cannot be read",
	aimNone: "No face is seen",
	aimNoneText: "Stand where people usually are, and look towards the camera.",
	smallest: (px) => `smallest face: ${px} px`,
	noPicture: "The picture is not shown; picture = true in [web] shows it. Outlines of faces are shown in any case.",
	turnLeft: "Turn left",
	turnRight: "Turn right",
	mirror: "Mirror",
	lines: "Lines for the configuration",
	linesSame: "The configuration has them already.",
	linesText: "Put them into moodpid.toml and restart the service.",

	todayNone: "Nothing has happened yet. The last day is kept here, in memory only.",
	todayLabel: "Moods over time. Arrow keys go from one to the next.",
	hours: (count) => (count === 1 ? "1 hour" : `${count} hours`),
	shares: "How much of the time",
	songs: "Songs",

	askPlayer: "Asking the player …",
	songCount: (count) => (count === 1 ? "1 song" : `${count} songs`),
	weight: (weight) => `weight ${weight}`,
	borrowed: (mood) => `plays what ${mood} has`,
	leaves: "leaves the player as it is",
	wouldPlay: "What would play?",
	library: "The songs by their sound",
	wouldPlayNone: "Nothing would play.",

	tryIntro: "Faces and emotions in a picture of yours. It is read in memory and never stored.",
	tryDrop: "Drop a picture here",
	tryChoose: "Choose a picture",
	tryTake: "Take a picture",
	tryBusy: "Reading the picture …",
	tryNone: "No face was found. Frontal, upright faces are found best.",
	tryBroken: "The browser cannot open this picture.",
	face: (number) => `Face ${number}`,

	about: (name, version) => `${name} · moodpid ${version}`,
	confirm: {
		forget_room: "Forget what was learned of the room? It cannot be undone.",
		restart: "Restart the service now?",
	},
	sent: "Done",
};

export const mood = (key = "unknown") => MOODS[key] ?? words(key);

export const field = (key) => FIELDS[key] ?? [words(key)];

/** A key in words: "take_over" becomes "Take over". */
function words(key) {
	const text = key.replace(/_s$|_hz$/, "").replaceAll("_", " ");
	return text.charAt(0).toUpperCase() + text.slice(1);
}

export const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export function duration(seconds) {
	if (seconds < 60) return `${Math.round(seconds)} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
	const hours = Math.floor(minutes / 60);
	const rest = minutes % 60;
	return `${T.hours(hours)}${rest ? ` ${rest} min` : ""}`;
}
