#!/bin/sh
# What the browser tests need from Debian or Ubuntu: Chromium and a Chinese font. Installed by apt where we
# are root; otherwise we say what is missing and why tests will skip. Never fails: the other tests run anyway.
set -u

has_browser() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1
}

has_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh family 2>/dev/null)" ]
}

missing=""
has_browser || missing="chromium"
has_font || missing="${missing:+$missing }fontconfig fonts-wqy-microhei"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the browser tests: $missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # One word a package is meant.
    # shellcheck disable=SC2086
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
        echo "apt-get could not install them" >&2
fi
has_browser || echo "the browser tests will skip: no Chromium here (apt-get install chromium, as root)" >&2
has_font || echo "no Chinese font here: pages are tested, their pictures would show boxes" \
    "(apt-get install fonts-wqy-microhei, as root)" >&2
exit 0
