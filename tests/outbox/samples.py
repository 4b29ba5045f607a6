"""One sample of every email: what its mailing and its fields hold."""

from __future__ import annotations

from typing import Any

ACTION = {
    "action_title": "Pass the PRO Act",
    "ask": "Give every worker a fair chance to join a union, and make breaking that right costly.",
    "action_url": "https://act.example.org/actions/pass-the-pro-act",
    "target": "The United States Senate",
}
POSTING = {
    "name": "Zoë O’Neill-Nguyễn",
    "confirm_url": "https://act.example.org/confirm/WzEsMV0.aaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "comment": "My mother's shop <voted> & won.\nNobody should be fired for that.",
    "has_comment": True,
    "has_place": True,
    "place": "ZIP 20001",
    "shows_public": True,
    "shows_protected": False,
    "wants_followups": True,
}
ME = "https://act.example.org/me/WzFd.aaaa.cccccccccccccccccccccccccccccc"
LEAVE = "https://act.example.org/unsubscribe/WzFd.aaaa.dddddddddddddddddddddd"
FOLLOWUP = {
    "subject": "The Senate votes on Tuesday",
    "body_markdown": (
        "The **committee** sent the bill on, by *one* vote. That vote was moved by "
        "[your 4,112 signatures](https://act.example.org/actions/pass-the-pro-act).\n\n"
        "## What you can do by Tuesday\n\n"
        "1. Call the switchboard: 202-224-3121.\n2. Say your name and your town.\n\n"
        "> We read every one of the comments.\n> <script>alert(1)</script>\n\n"
        "- It takes two minutes.\n- It is counted.\n"
    ),
    "action_title": ACTION["action_title"],
    "action_url": ACTION["action_url"],
}
MEMBER = {
    "name": "Zoë O’Neill-Nguyễn",
    "me_url": ME,
    "unsubscribe_url": LEAVE,
    "unsubscribe_token": "WzFd.aaaa.dddddddddddddddddddddd",
}

#: template -> (content, fields)
SAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "confirm": (ACTION, POSTING),
    "remind": (ACTION, POSTING | {"shows_public": False, "has_comment": False, "comment": ""}),
    "already": (ACTION, {"name": "Ada", "me_url": ME}),
    "thanks": (
        ACTION,
        {"name": "Ada", "number": "4,112", "me_url": ME, "member": True, "unsubscribe_url": LEAVE},
    ),
    "me": ({}, {"me_url": ME}),
    "followup": (FOLLOWUP, MEMBER),
    "followup_test": (FOLLOWUP, MEMBER),
    "login_link": (
        {},
        {"name": "Rosa", "login_url": "https://act.example.org/organize/enter/x", "minutes": "30"},
    ),
    "password_reset": (
        {},
        {"name": "Rosa", "reset_url": "https://act.example.org/organize/reset/x"},
    ),
}
