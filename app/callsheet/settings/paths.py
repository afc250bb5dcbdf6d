"""Where callsheet keeps its things: a settings folder and a data folder, closed to everybody else.

With `CALLSHEET_HOME` set both are that one folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME_VARIABLE: Final = "CALLSHEET_HOME"
OWNER_ONLY: Final = 0o700
OWNER_ONLY_FILE: Final = 0o600


class HomeError(Exception):
    """A folder cannot be used. The message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The folder of the settings and that of the data, and everything in them by name."""

    config: Path
    data: Path

    @classmethod
    def at(cls, home: Path) -> Paths:
        """Keep everything in one folder."""
        home = home.expanduser().absolute()
        return cls(home, home)

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "settings.toml"

    @property
    def outcomes(self) -> Path:
        """The team's own outcomes, over the built-in ones."""
        return self.config / "outcomes.toml"

    @property
    def calling_hours(self) -> Path:
        """The rep's own table of calling hours, over the built-in one."""
        return self.config / "calling_hours.toml"

    @property
    def routing(self) -> Path:
        """Who gets which lead."""
        return self.config / "routing.toml"

    @property
    def plans_dir(self) -> Path:
        """The rep's own plans, a file each."""
        return self.config / "plans"

    @property
    def templates_dir(self) -> Path:
        """The rep's own mail texts, a file each."""
        return self.config / "templates"

    @property
    def shelf(self) -> Path:
        """Files to give away, where the settings name no other folder."""
        return self.config / "shelf"

    @property
    def database(self) -> Path:
        """The book."""
        return self.data / "callsheet.db"

    @property
    def backups(self) -> Path:
        """Copies of the book."""
        return self.data / "backups"

    @property
    def log(self) -> Path:
        """The log."""
        return self.data / "callsheet.log"

    @property
    def lock(self) -> Path:
        """What one sync at a time holds."""
        return self.data / "callsheet.lock"

    def ensure(self) -> None:
        """Make both folders, and close them to others where they are open.

        Raises:
            HomeError: a folder cannot be made, is not a folder, or is not yours alone to close.
        """
        for folder in dict.fromkeys((self.config, self.data)):
            _private_folder(folder)


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """Where this user's things are; nothing is made yet."""
    if home := environ.get(HOME_VARIABLE, "").strip():
        return Paths.at(Path(home))
    from platformdirs import user_config_path, user_data_path

    return Paths(user_config_path("callsheet", appauthor=False), user_data_path("callsheet", appauthor=False))


def private_folder(folder: Path) -> Path:
    """Make a folder inside one of ours, closed to others, and return it.

    Raises:
        HomeError: it cannot be.
    """
    _private_folder(folder)
    return folder


def private_file(file: Path) -> Path:
    """Make a file if there is none, close it to others, and return it. Its content is left alone.

    Raises:
        HomeError: it cannot be.
    """
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, OWNER_ONLY_FILE))
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            file.chmod(OWNER_ONLY_FILE)
    except OSError as error:
        raise HomeError(f"{file}: cannot be written ({error.strerror}); see that it is a file of yours") from None
    return file


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        found = folder.stat()
        if os.name != "posix" or not stat.S_IMODE(found.st_mode) & 0o077:
            return
        # To close a folder that others use too, such as /tmp, would break their work.
        if found.st_mode & stat.S_ISVTX or found.st_uid != os.getuid():
            raise HomeError(f"{folder}: is shared with others; set {HOME_VARIABLE} to a folder of your own")
        folder.chmod(OWNER_ONLY)
    except FileExistsError:
        raise HomeError(f"{folder}: is not a folder; move it away, or set {HOME_VARIABLE} to another place") from None
    except OSError as error:
        hint = f"see that you may write there, or set {HOME_VARIABLE} to another place"
        raise HomeError(f"{folder}: cannot be used ({error.strerror}); {hint}") from None
