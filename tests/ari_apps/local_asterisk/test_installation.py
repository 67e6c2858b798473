from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from pathlib import Path

import pytest

from ari_apps.local_asterisk import installation as local_asterisk
from ari_apps.local_asterisk.installation import AsteriskInstallation, find_in_cache, find_on_system, install
from ari_apps.local_asterisk.package_source import (
    AsteriskMissingError,
    Source,
    choose_source,
    read_os_release,
)
from ari_apps.local_asterisk.packages import ReleaseExpiredError, download, explain_apt

BOOKWORM = 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n'
NOBLE = "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n"
MINT = "ID=linuxmint\nID_LIKE='ubuntu debian'\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n"
TARGETS = """
http://mirror.example/extra/ nodistro main
http://mirror.example/debian-security/ bookworm-security main
http://mirror.example/debian/ bookworm-updates main
http://mirror.example/debian/ bookworm main
http://ports.example/ubuntu/ noble universe
http://ports.example/ubuntu/ noble main
"""


@pytest.mark.parametrize(
    ("release", "mirror", "suites"),
    [
        (BOOKWORM, "http://mirror.example/debian/", ("forky",)),
        (NOBLE, "http://ports.example/ubuntu/", ("noble", "noble-updates")),
        (MINT, "http://ports.example/ubuntu/", ("noble", "noble-updates")),
        (BOOKWORM.replace("bookworm", "trixie"), "http://mirror.example/debian/", ("forky",)),
    ],
)
def test_packages_come_from_the_mirror_in_use(release: str, mirror: str, suites: tuple[str, ...]) -> None:
    source = choose_source(read_os_release(release), TARGETS)
    assert (source.mirror, source.suites) == (mirror, suites)
    assert all(f"signed-by={source.keyring}" in line for line in source.lines().splitlines())
    assert choose_source(read_os_release(release), "", "file:///srv/mirror").mirror == "file:///srv/mirror"


def test_a_system_without_apt_is_sent_to_its_own_tools_or_the_containers() -> None:
    with pytest.raises(AsteriskMissingError, match=r"neither Debian nor Ubuntu.*docker compose"):
        choose_source(read_os_release("ID=fedora\n"), "")
    with pytest.raises(AsteriskMissingError, match="--mirror URL"):
        choose_source(read_os_release(BOOKWORM), "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "W: Failed to fetch x  Temporary failure resolving 'mirror.example'",
            "look at the network or the proxy",
        ),
        ("E: Could not connect to mirror.example:80", "look at the network or the proxy"),
        (
            "W: GPG error: x InRelease: The following signatures couldn't be verified",
            "are not signed by a key",
        ),
        ("E: The repository 'x forky Release' is not signed.", "are not signed by a key"),
        ("E: Unable to locate package asterisk", "has no asterisk package"),
        ("E: The repository 'x forky Release' does not have a Release file.", "has no asterisk package"),
        ("E: You don't have enough free space in /x/archives/.", "not enough space"),
        ("E: Something new", "apt could not fetch Asterisk: Something new"),
    ],
)
def test_what_apt_says_becomes_one_sentence_with_the_remedy(said: str, told: str) -> None:
    error = explain_apt(f"Hit:1\n{said}\n")
    assert told in str(error)
    assert "\n" not in str(error)
    assert not isinstance(error, ReleaseExpiredError)


def test_only_a_release_file_past_its_time_is_tried_again_without_that_check() -> None:
    said = (
        "E: Release file for http://m/InRelease is expired (invalid since 15d). Updates will not be applied."
    )
    assert isinstance(explain_apt(said), ReleaseExpiredError)


def test_packages_without_a_good_signature_are_refused(tmp_path: Path) -> None:
    packages = tmp_path / "mirror/dists/forky/main"
    for part in ("binary-amd64", "binary-arm64", "binary-all"):
        (packages / part).mkdir(parents=True)
        (packages / part / "Packages").write_text("")
    release = "Origin: Debian\nCodename: forky\nArchitectures: amd64 arm64\nComponents: main\n"
    (packages.parent / "Release").write_text(release + "Date: Sat, 01 Aug 2026 00:00:00 UTC\n")
    debian = choose_source(read_os_release(BOOKWORM), "", f"file://{tmp_path}/mirror")
    with pytest.raises(AsteriskMissingError, match="not signed by a key"):
        download(debian, tmp_path / "apt", lambda _text, _fraction: None)
    assert list((tmp_path / "apt/archives").glob("*.deb")) == []


def test_no_network_and_no_rights_are_one_sentence_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = choose_source(read_os_release(BOOKWORM), "", "x").keyring
    nowhere = Source("http://127.0.0.1:9", ("forky",), ("main",), keyring)
    with pytest.raises(AsteriskMissingError, match="look at the network or the proxy"):
        download(nowhere, tmp_path, lambda _text, _fraction: None)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(AsteriskMissingError, match=r"cannot be written.*point XDG_CACHE_HOME to a folder"):
        install(lambda _text, _fraction: None)


def test_an_interrupted_installation_never_looks_like_a_finished_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    left_behind = local_asterisk.cache_folder() / "unfinished-x/tree/usr/sbin"
    left_behind.mkdir(parents=True)
    assert find_in_cache() is None
    (local_asterisk.cache_folder() / "22.10.1-x86_64-recipe1").mkdir()
    assert find_in_cache() is None
    local_asterisk.prepare_cache()
    assert not left_behind.exists()


def test_a_second_installation_waits_for_the_first_and_takes_its_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed_asterisk: AsteriskInstallation
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = local_asterisk.prepare_cache()
    finished = installed_asterisk.data_dir.parents[2]
    said: list[str] = []
    waiting = threading.Event()

    def hear(text: str, _fraction: float | None) -> None:
        said.append(text)
        waiting.set()

    with (folder / "lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        got: list[AsteriskInstallation] = []
        second = threading.Thread(target=lambda: got.append(install(hear)))
        second.start()
        assert waiting.wait(30)
        (folder / finished.name).symlink_to(finished)
    second.join(60)
    assert said == ["waiting for another installation to finish"]
    assert got[0].version == installed_asterisk.version


def test_what_is_unpacked_speaks_and_calls_too(
    installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    assert installed_asterisk.version >= (20,)
    assert installed_asterisk.has("res_ari")
    for language in ("en", "es", "fr", "it", "ru"):
        assert (installed_asterisk.data_dir / "sounds" / language / "digits").is_dir()
    assert installed_asterisk.sipp is not None
    version = subprocess.run([*installed_asterisk.sipp, "-v"], capture_output=True, text=True, check=False)
    assert "SIPp v3" in version.stdout
    assert installed_asterisk.espeak is not None
    wav = tmp_path / "hello.wav"
    subprocess.run([*installed_asterisk.espeak, "-v", "en", "-w", str(wav), "Hello"], check=True, timeout=30)
    assert wav.read_bytes()[:4] == b"RIFF"


def test_an_asterisk_on_the_path_is_taken_only_with_its_modules_and_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed_asterisk: AsteriskInstallation
) -> None:
    (tmp_path / "sbin").mkdir()
    program = tmp_path / "sbin/asterisk"
    program.write_text("#!/bin/sh\necho Asterisk ${SAID:-22.10.1~dfsg}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/sbin:{os.environ['PATH']}")
    assert find_on_system() is None
    (tmp_path / "lib/asterisk").mkdir(parents=True)
    (tmp_path / "lib/asterisk/modules").symlink_to(installed_asterisk.modules_dir)
    (tmp_path / "share").mkdir()
    (tmp_path / "share/asterisk").symlink_to(installed_asterisk.data_dir)
    found = find_on_system()
    assert found is not None
    assert (found.version, found.unpacked) == ((22, 10, 1), False)
    assert found.command(Path("/etc/asterisk")) == [
        str(program),
        "-C",
        "/etc/asterisk/asterisk.conf",
        "-f",
        "-n",
    ]
    monkeypatch.setenv("SAID", "18.10.0")
    assert find_on_system() is None
