"""A disk of a few megabytes that a test can fill, make read-only and give room again.

It is a tmpfs in a mount namespace of its own, which a process of ours keeps; no privileges are needed where the
kernel lets everybody have user namespaces.
"""

import subprocess
from pathlib import Path

NAMESPACES = ["--user", "--mount"]


class NoNamespaces(Exception):
    """The kernel, or the container that this runs in, forbids them."""


class SmallDisk:
    """A file system of `size_kib` at a directory; only processes that are started with `command` see it."""

    def __init__(self, directory: Path, size_kib: int):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        mount = f'mount -t tmpfs -o size={size_kib}k,mode=700 small "{directory}" && echo mounted && exec sleep infinity'
        self._keeper = subprocess.Popen(
            ["unshare", *NAMESPACES, "--map-root-user", "sh", "-c", mount],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = self._keeper.stdout.readline()
        if said != "mounted\n":
            self.close()
            raise NoNamespaces(said.strip() or "unshare ended without a word")

    @property
    def command(self) -> list[str]:
        """What to put before the command of a process that is to see it."""
        return ["nsenter", "--preserve-credentials", *NAMESPACES, f"--target={self._keeper.pid}", "--wd=.", "--"]

    def fill(self):
        """Takes all the room that there is now."""
        self._run("cat /dev/zero >> ballast 2>/dev/null; true")

    def make_room(self):
        self._run("rm -f ballast")

    def make_read_only(self, folder: str):
        """From now on a folder takes no new file; what is open stays as it is."""
        self._run(f'mount -o bind,ro "{folder}" "{folder}"')

    def make_writable(self, folder: str):
        # Not unmounted: what the gateway has opened there meanwhile is in use.
        self._run(f'mount -o remount,bind,rw "{folder}"')

    def copy_out(self, pattern: str, folder: Path):
        """Copies files to where everybody sees them."""
        folder.mkdir(exist_ok=True)
        self._run(f'cp {pattern} "{folder}"')

    def close(self):
        self._keeper.kill()
        self._keeper.wait()

    def _run(self, script: str):
        done = subprocess.run(
            [*self.command, "sh", "-c", f'cd "{self.directory}" && {script}'], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
