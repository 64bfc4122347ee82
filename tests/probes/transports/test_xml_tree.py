"""XML of strangers: what is honest is read, what is hostile is refused with its own reason."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import LimitExceeded, ParseFailed, ProbeError, ProtocolBroken
from probes.transports.xml_tree import MAX_DEPTH, tree_of

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><Status>&i;</Status>"
)


@pytest.mark.parametrize(
    "document",
    [
        b"<Status><a>1</a></Status>",
        b'<?xml version="1.0"?>\n<Status><a>1</a></Status>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><Status><a>1</a></Status>',
        b"<?xml version='1.0' encoding='iso-8859-1'?><Status><a>1</a></Status>",
        b"<Status><!-- a remark --><a><![CDATA[1]]></a></Status>",
        b"<Status><a>&#49;</a></Status>",
    ],
)
def test_an_honest_document_is_read(document: bytes) -> None:
    assert tree_of(document).findtext("a") == "1"


@pytest.mark.parametrize(
    ("document", "leaf", "detail"),
    [
        (BOMB.encode(), ProtocolBroken, "xml_entities"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Status/>', ProtocolBroken, "xml_entities"),
        (b"<!doctype x><Status/>", ProtocolBroken, "xml_entities"),
        (b"<Status>&undeclared;</Status>", ParseFailed, "xml"),
        (BOMB.encode("utf-16"), ParseFailed, "xml_encoding"),
        (BOMB.encode("utf-16-be"), ParseFailed, "xml_encoding"),
        (BOMB.encode("utf-32"), ParseFailed, "xml_encoding"),
        (
            b'<?xml version="1.0" encoding="cp037"?>' + BOMB.encode("cp037"),
            ParseFailed,
            "xml_encoding",
        ),
        (b'<?xml version="1.0" encoding="UTF-7"?><Status/>', ParseFailed, "xml_encoding"),
        (b"<?xml version='1.0'" + b" " * 600 + b"encoding='cp037'?><Status/>", ParseFailed, "xml"),
        (b'<?xml version="1.0"?><Status>\xff\xfe</Status>', ParseFailed, "xml"),
        (b"<Status><a></b></Status>", ParseFailed, "xml"),
        (b"<Status><a>", ParseFailed, "xml"),
        (b"<Status/><Status/>", ParseFailed, "xml"),
        (b"", ParseFailed, "xml"),
        (b" \n", ParseFailed, "xml"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html/>", ProtocolBroken, "login_page"),
        (b"  <HTML><body/></HTML>", ProtocolBroken, "login_page"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), LimitExceeded, "xml_depth"),
        (b"<Status>" + b" " * 2_000_000 + b"</Status>", LimitExceeded, "body_too_big"),
    ],
)
def test_a_hostile_document_is_refused_with_its_reason(
    document: bytes, leaf: type[ProbeError], detail: str
) -> None:
    with pytest.raises(leaf) as caught:
        tree_of(document)
    assert caught.value.detail_code == detail


def test_hundreds_of_thousands_of_levels_are_refused_without_a_crash() -> None:
    with pytest.raises(LimitExceeded):
        tree_of(b"<a>" * 200_000 + b"</a>" * 200_000)


def test_a_page_by_its_content_type_is_a_log_in_page() -> None:
    with pytest.raises(ProtocolBroken) as caught:
        tree_of(b"<Status/>", "text/html; charset=utf-8")
    assert caught.value.detail_code == "login_page"


_PIECES = st.sampled_from(
    [
        "<Status>",
        "</Status>",
        "<a>",
        "</a>",
        "<!DOCTYPE x [",
        "<!ENTITY a 'b'>",
        "]>",
        "&a;",
        "<?xml ",
    ]
)


@given(
    st.one_of(st.binary(max_size=300), st.lists(_PIECES, max_size=20).map("".join).map(str.encode))
)
def test_whatever_comes_is_a_tree_or_a_reason(document: bytes) -> None:
    with suppress(ProbeError):
        assert tree_of(document).tag
