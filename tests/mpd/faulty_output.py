"""An output of MPD that works, dies or hangs, as a test has it: a program that gets the samples."""

from tests.support.servers import PrivateMpd

# As fast as a sound card: 38,400 bytes are a tenth of a second. It ends with MPD, also where it reads nothing
_PROGRAM = """
while [ -d /proc/$PPID ]; do
    case $(cat {folder}/does) in
        hangs) ;;
        *) [ "$(head -c 38400 | wc -c)" -gt 0 ] || exit 1 ;;
    esac
    sleep 0.1
    [ "$(cat {folder}/does)" != dies ] || exit 1
done
"""


class FaultyOutput:
    """The second output of an MPD that has not been started yet.

    Args:
        mpd: The server.
    """

    def __init__(self, mpd: PrivateMpd) -> None:
        self.mpd = mpd
        self.works()
        (mpd.folder / "output.sh").write_text(_PROGRAM.format(folder=mpd.folder))
        block = f'type "pipe"\nname "Speakers"\ncommand "exec sh {mpd.folder}/output.sh"'
        with (mpd.folder / "mpd.conf").open("a") as file:
            file.write(f"audio_output {{\n{block}\n}}\n")

    def works(self) -> None:
        """Take samples from now on."""
        self._does("works")

    def dies(self) -> None:
        """End soon, and after each time that it is opened."""
        self._does("dies")

    def hangs(self) -> None:
        """Stay open, but take nothing."""
        self._does("hangs")

    def _does(self, what: str) -> None:
        file = self.mpd.folder / "does.new"
        file.write_text(what)
        file.replace(self.mpd.folder / "does")
