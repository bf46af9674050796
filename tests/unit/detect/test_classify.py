"""Unknown files: how they are written, and what each column holds."""

import datetime as dt
import random
from pathlib import Path

import pytest

from custody.adapters.readers.unknown import open_unknown
from custody.application.classify import Classification, classify_table
from custody.application.source import draft_source, draft_suite, view_columns
from custody.cli.classify import print_table
from custody.cli.detect import answers
from custody.domain.expectations import parse_suite
from custody.domain.fields import Normaliser
from custody.domain.headings import kinds_of_heading
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.domain.sniffing import guess_delimiter, guess_encoding, looks_like_header
from custody.errors import DeliveryError
from tests.builders import people
from tests.builders.policies import field

TODAY = dt.date(2026, 11, 23)


def classified(folder: Path, text: str, encoding: str = "utf-8") -> Classification:
    path = folder / "file.csv"
    path.write_bytes(text.encode(encoding))
    return classify_table(open_unknown(path), today=TODAY)


def people_file(rng: random.Random, rows: int) -> str:
    lines = ["客户名称,电话,备注"]
    lines += [
        f"{people.company_name(rng)},{people.mobile(rng)},普通" for _ in range(rows)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"]
)
def test_encodings_are_told(tmp_path: Path, encoding: str) -> None:
    text = people_file(people.chance(1), 30)

    result = classified(tmp_path, text, encoding)

    assert result.table.encoding == encoding
    assert result.rows == 30
    assert result.columns[1].accepted == {Kind.PHONE: 30}


def test_traditional_text_is_cp950_and_bytes_are_no_text() -> None:
    text = "臺灣水泥股份有限公司,張安平,台北市中山北路,永續長,總機電話\n" * 20

    assert guess_encoding(text.encode("cp950")) == "cp950"
    assert guess_encoding(b"\x00\x00\x01\x02") is None
    assert guess_encoding("Müller,Köln\n".encode("cp1252")) == "cp1252"


def test_delimiters_and_headers_are_told() -> None:
    assert guess_delimiter(["a|b|c", "1|2|3"]) == "|"
    assert guess_delimiter(["a\tb, c", "1\t2"]) == "\t"
    assert guess_delimiter(["1+|x+|y&|", "2+|x+|y&|"]) == "+|"
    assert looks_like_header([["id", "Phone"], ["1", "2"]])
    assert not looks_like_header([["1", "Anna Smith"], ["2", "x"]])
    assert not looks_like_header([["张伟", "北京"], ["李娜", "上海"]])
    assert not looks_like_header([])


def test_one_id_among_a_thousand_makes_the_column_high(tmp_path: Path) -> None:
    rng = people.chance(8)
    cells = ["普通备注"] * 999 + [people.resident_id(rng)]

    result = classified(tmp_path, "备注\n" + "\n".join(cells) + "\n")

    assert result.columns[0].level is Level.HIGH
    assert result.as_json()["records"] == {"high": 1, "medium": 0, "low": 999}


def test_a_value_wins_over_its_heading_and_a_damaged_id_stays_high(
    tmp_path: Path,
) -> None:
    number = people.resident_id(people.chance(9))

    result = classified(tmp_path, f"手机号,身份证号\n{number},4.40308E+17\n")

    assert [column.level for column in result.columns] == [Level.HIGH, Level.HIGH]
    assert result.columns[0].accepted == {Kind.RESIDENT_ID: 1}


def test_a_heading_alone_raises_nothing(tmp_path: Path) -> None:
    result = classified(tmp_path, "PhoneService,PaymentMethod\nYes,Mailed check\n")

    assert [column.level for column in result.columns] == [Level.LOW, Level.LOW]
    assert kinds_of_heading("EmailAddress") == (Kind.ADDRESS, Kind.EMAIL)
    assert kinds_of_heading("shipping") == ()


def test_luhn_by_chance_makes_no_card_column(tmp_path: Path) -> None:
    rng = people.chance(10)
    serials = "\n".join("5" + people.digits(rng, 15) for _ in range(500))

    result = classified(tmp_path, f"serial\n{serials}\n")

    assert result.columns[0].accepted == {}
    assert result.columns[0].level is Level.LOW


def test_passwords_are_high_by_their_heading(tmp_path: Path) -> None:
    result = classified(tmp_path, "login,CVV,登录密码\nanna,123,aq12ws\n")

    assert [c.level for c in result.columns] == [Level.LOW, Level.HIGH, Level.HIGH]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b'a,b\n1,"2\n3,4\n', "bad_quoting"),
        ("名,b\n".encode() * 3 + b"\xe5\x90", "bad_encoding"),
    ],
)
def test_unreadable_files_are_refused_by_place(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(DeliveryError) as caught:
        classify_table(open_unknown(path), today=TODAY)

    assert caught.value.reason == reason


FIELDS = (
    field("customer_name", kinds=(Kind.COMPANY_NAME,), normaliser=Normaliser.NAME),
    field("phone", Level.MEDIUM, kinds=(Kind.PHONE,), normaliser=Normaliser.PHONE),
)


def test_an_undeclared_header_cell_is_never_printed(tmp_path: Path) -> None:
    rng = people.chance(12)
    result = classified(tmp_path, people_file(rng, 60))

    views = view_columns(result, fields=FIELDS, declared={"电话": "phone"})

    assert [view.name for view in views] == ["column 1", "电话", "column 3"]
    assert [view.field for view in views] == ["customer_name", "phone", None]
    assert "客户名称" not in draft_source(result, views)


def test_a_drafted_suite_is_one_that_the_house_can_read(tmp_path: Path) -> None:
    result = classified(tmp_path, people_file(people.chance(13), 60))
    views = view_columns(result, fields=FIELDS, declared={})

    suite = parse_suite(draft_suite(result, views, name="draft"), file="draft.json")

    assert "expect_column_values_to_not_be_null" in {e.type for e in suite.expectations}


def test_detect_answers_line_by_line_and_never_quotes_a_bad_line() -> None:
    lines = ['{"value": "13800138000"}', '{"value": 42}', '{"value": null}', "secret"]

    told = list(answers(lines, today=TODAY))

    assert told == [
        '{"kinds": ["phone"], "valid": true, "level": "medium"}',
        '{"kinds": [], "valid": null, "level": "low"}',
        '{"kinds": [], "valid": null, "level": "low"}',
        None,
    ]


@pytest.mark.shared
def test_the_shared_files_are_classified_as_expected(shared: Path) -> None:
    folder = shared / "data" / "intake"

    taiwan = classify_table(
        open_unknown(folder / "tw_mops_listed_companies_big5.csv"), today=TODAY
    )
    cards = classify_table(open_unknown(folder / "aw_CreditCard.csv"), today=TODAY)

    told = taiwan.as_json()
    assert (told["encoding"], told["rows"]) == ("cp950", 1041)
    assert told["records"] == {"high": 0, "medium": 1041, "low": 0}
    assert not any(column.accepted for column in cards.columns)
    listed = folder / "tw_mops_listed_companies_4col_noheader_utf8.csv"
    days = classify_table(open_unknown(listed), today=TODAY).columns[3]
    assert days.accepted == {}, "a day of listing is nobody's birth"
    kinds = {one.name: one.accepted for one in taiwan.columns}
    assert kinds["營利事業統一編號"] == {Kind.TAXPAYER_ID: 1041}
    assert kinds["發言人"] == {Kind.PERSON_NAME: 1041}
    assert kinds["發言人職稱"] == kinds["投資人關係聯絡人職稱"] == {}
    counted = [n for found in kinds.values() for n in found.values()]
    assert max(counted) <= 1041, "a value was counted twice"


@pytest.mark.parametrize(("recent", "kinds"), [(10, {Kind.BIRTH_DATE: 90}), (30, {})])
def test_dates_that_reach_into_our_years_are_no_births(
    tmp_path: Path, recent: int, kinds: dict[Kind, int]
) -> None:
    """Days of a listing or a contract; children among customers are few."""
    days = [f"{1950 + n % 50}-05-01" for n in range(100 - recent)]
    days += [f"{2012 + n % 14}-05-01" for n in range(recent)]
    listed = "".join(f"{n},{day}\n" for n, day in enumerate(days))

    found = classified(tmp_path, listed)

    assert found.columns[1].accepted == kinds


def test_births_among_remarks_count_by_all_remarks(tmp_path: Path) -> None:
    """A day that says it is a birth is one, whatever other dates are."""
    rows = ["生日：1990-05-01", "2024-05-01 下单", "已回访", "无"] * 10
    listed = "".join(f"{n},{text}\n" for n, text in enumerate(rows))

    assert classified(tmp_path, listed).columns[1].accepted == {Kind.BIRTH_DATE: 10}


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            ["有表头，2 行", "  电话  [中]  电话 (phone) 1  缺 1", "高 0, 中 1, 低 1"],
        ),
        (
            "en",
            [
                "with a header, 2 rows",
                "  电话  [medium]  phone number (phone) 1  1 missing",
                "  records by level: high 0, medium 1,",
            ],
        ),
    ],
)
def test_people_read_it_in_their_language(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    lines: list[str],
) -> None:
    """What is missing stands only where something is."""
    monkeypatch.setenv("CUSTODY_LANG", language)

    print_table(classified(tmp_path, "名称,电话\n甲,13800138000\n乙,\n"))

    told = capsys.readouterr().out
    assert all(line in told for line in lines)
    assert "缺 0" not in told
    assert "0 missing" not in told


def test_a_header_alone_lists_its_columns_with_nothing_in_them(tmp_path: Path) -> None:
    """What a file would hold is told by its header; no row proves a kind."""
    found = classified(tmp_path, "客户名称,身份证号,备注\n").as_json()

    assert found["rows"] == 0
    assert found["columns"] == [
        {"name": name, "missing": 0, "kinds": {}, "level": "low"}
        for name in ("客户名称", "身份证号", "备注")
    ]
    assert found["records"] == {"high": 0, "medium": 0, "low": 0}
