"""The panel's pages on a released list: what is shown to whom, and what is kept."""

from __future__ import annotations

import datetime as dt
import html

import pytest

from fairness_audits.gate import withdraw
from models.targets import TARGETS
from review.roles import Role
from review.settings import ReviewContext
from store.run_folder import RunFolder
from tests.reports.samples import EXPIRES, MITIGATION, on_day
from tests.review.panels import (
    FAMILY_TARGET,
    SENTENCE,
    TODAY,
    Browsers,
    People,
    decide,
    lines,
    member,
    opened,
    references,
    serving,
    text,
)
from tests.support import KEYS


def test_a_case_is_shown_as_in_the_pack_with_its_words_escaped(panel: ReviewContext, client_as: Browsers) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    page = text(browser.get(f"/panel/{number}/{first}/"))
    assert "<script>alert" not in page
    assert html.unescape(page).count(SENTENCE) >= 2
    for words in (
        "I wonder what is happening",
        "Owes 6.2 weeks of rent.",
        "What we do not know",
        "What this rests on",
    ):
        assert words in page
    for never in ("score", "position", "rank", "probability"):
        assert never not in page.lower().replace("ranking", "")


def test_the_list_has_every_case_of_the_pack_in_the_order_of_random_references(
    panel: ReviewContext, client_as: Browsers
) -> None:
    browser = client_as(Role.panel_member)
    found = references(browser, opened(browser))
    assert len(found) == len(set(found)) == 40 and found == sorted(found)


def test_who_reads_a_list_is_told_how_far_to_trust_it_and_who_allowed_it(
    panel: ReviewContext, client_as: Browsers
) -> None:
    browser = client_as(Role.panel_member)
    page = html.unescape(text(browser.get(f"/panel/{opened(browser)}/")))
    for words in (
        "about 4 in 10 families",
        "Ama Boateng",
        "Rhys Morgan, equalities lead",
        MITIGATION,
        "19 December 2026",
    ):
        assert words in page
    for caveat in TARGETS[FAMILY_TARGET].label_caveats:
        assert caveat[1:] in page


def test_a_decision_is_kept_in_every_version_and_logged(panel: ReviewContext, client_as: Browsers) -> None:
    from review.panel.models import Decision, NotSo  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    more = {"not_so": "rent_arrears_weeks", "said_rent_arrears_weeks": "They paid in March", "text": "<b>Ask</b>"}
    assert decide(browser, number, first, "explained", **more).status_code == 302
    page = text(browser.get(f"/panel/{number}/{first}/"))
    assert "What was noticed has an ordinary explanation" in page and "They paid in March" in page
    assert "&lt;b&gt;Ask&lt;/b&gt;" in page and 'value="rent_arrears_weeks" id="thing-2" checked' in page
    assert decide(browser, number, first, "unmet_need", version=1).status_code == 302
    kept = Decision.objects.order_by("version").values_list("version", "choice", "reason", "text")
    assert list(kept) == [
        (1, "no_action", "explained", "<b>Ask</b>"),
        (2, "offer_early_help", "unmet_need", ""),
    ]
    assert list(NotSo.objects.values_list("feature", "text")) == [("rent_arrears_weeks", "They paid in March")]
    assert "What you said before" in text(browser.get(f"/panel/{number}/{first}/"))
    told = lines("decided")
    assert [line["detail"] for line in told][:1] == [f"opened meeting {number}"]
    assert len(told) == 3 and all(line["family"].startswith("family-") for line in told[1:])


def test_a_form_that_says_too_little_keeps_nothing(panel: ReviewContext, client_as: Browsers) -> None:
    from review.panel.models import Case  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    for sent in (
        {"version": 0},
        {"version": 0, "reason": "because"},
        {"reason": "explained"},
        {"version": -1, "reason": "explained"},
        {"version": 0, "reason": "explained", "not_so": "another_feature"},
        {"version": 0, "reason": "explained", "text": "x" * 2001},
    ):
        assert browser.post(f"/panel/{number}/{first}/", sent).status_code == 400
    assert not Case.objects.exists()


def test_fields_that_no_form_has_change_nothing(panel: ReviewContext, client_as: Browsers) -> None:
    from review.panel.models import Decision  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    decide(browser, number, first, "explained", choice="offer_early_help", member=99, high_need="0", in_sample="1")
    (kept,) = Decision.objects.select_related("case", "member")
    assert (kept.choice, kept.member.username) == ("no_action", "panel_member")
    assert (kept.case.high_need, kept.case.in_sample) == (True, False)


def test_nobody_sees_what_others_decided_before_the_meeting_is_closed(
    panel: ReviewContext, client_as: Browsers, make_person: People
) -> None:
    one, other = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(one)
    first = references(one, number)[0]
    decide(one, number, first, "being_helped", text="Their worker is Zebedee")
    decide(other, number, first, "unmet_need", text="I know of nobody")
    for browser, hidden in ((one, "I know of nobody"), (other, "Zebedee")):
        page = text(browser.get(f"/panel/{number}/{first}/"))
        assert hidden not in page and text(browser.get(f"/panel/{number}/")).count("Zebedee") == 0
    assert "Olive" not in text(other.get(f"/panel/{number}/{first}/"))
    assert one.post(f"/panel/{number}/close/").status_code == 302
    for browser in (one, other):
        page = text(browser.get(f"/panel/{number}/{first}/"))
        assert "Zebedee" in page and "I know of nobody" in page and "Olive" in page and "Peter" in page


def test_no_action_on_high_need_waits_for_a_second_reader_of_whom_nobody_is_told(
    panel: ReviewContext, client_as: Browsers, make_person: People
) -> None:
    one, other = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(one)
    first, second, *_ = references(one, number)
    decide(one, number, first, "explained")
    decide(one, number, second, "unmet_need")
    before = text(other.get(f"/panel/{number}/"))
    assert before.count(">One</td>") == 2, "both look alike to who has yet to read them"
    assert "needs a second reader" in text(one.post(f"/panel/{number}/close/", follow=True))
    decide(other, number, first, "too_slight")
    assert "The meeting is closed" in text(one.post(f"/panel/{number}/close/", follow=True))


def test_where_members_differ_the_panel_agrees_once(
    panel: ReviewContext, client_as: Browsers, make_person: People
) -> None:
    from review.panel.models import Agreement  # noqa: PLC0415

    one, other = (member(client_as, make_person, name) for name in ("olive", "peter"))
    number = opened(one)
    first, second, *_ = references(one, number)
    for browser, reason in ((one, "explained"), (other, "unmet_need")):
        decide(browser, number, first, reason)
        decide(browser, number, second, "unmet_need")
    address = f"/panel/{number}/{first}/agreed/"
    assert one.post(address, {"reason": "unmet_need"}).status_code == 409, "not while it is open"
    one.post(f"/panel/{number}/close/")
    assert "Needs discussion" in text(one.get(f"/panel/{number}/{first}/"))
    assert one.post(address, {"reason": "unsure"}).status_code == 409
    assert one.post(address, {"reason": ""}).status_code == 400
    assert one.post(address, {"reason": "unmet_need", "text": "We visit together"}).status_code == 302
    assert "What you agreed on is kept: offer early help." in text(one.get(f"/panel/{number}/{first}/"))
    late = other.post(address, {"reason": "explained"})
    assert late.status_code == 409 and "Somebody has just recorded" in text(late)
    assert "We visit together" in text(late)
    assert Agreement.objects.count() == 1
    assert one.post(f"/panel/{number}/{second}/agreed/", {"reason": "explained"}).status_code == 409


def test_before_a_meeting_is_closed_its_page_says_how_many_nobody_has_read(
    panel: ReviewContext, client_as: Browsers
) -> None:
    """Closing cannot be undone, and the button is there from the beginning."""
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first, *others = references(browser, number)
    decide(browser, number, first, "unmet_need")
    page = text(browser.get(f"/panel/{number}/"))
    assert f"Nobody has read {len(others)} families yet." in page
    assert "1 family has been read by one member so far." in page


def test_what_became_of_an_offer_is_told_later(panel: ReviewContext, client_as: Browsers) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first, second, *_ = references(browser, number)
    decide(browser, number, first, "unmet_need")
    decide(browser, number, second, "being_helped")
    assert browser.get(f"/panel/{number}/offers/").status_code == 404
    browser.post(f"/panel/{number}/close/")
    page = text(browser.get(f"/panel/{number}/offers/"))
    assert first in page and second not in page
    for outcome, status in (("accepted", 302), ("helped", 302), ("eaten", 400)):
        assert browser.post(f"/panel/{number}/{first}/outcome/", {"outcome": outcome}).status_code == status
    assert browser.post(f"/panel/{number}/{second}/outcome/", {"outcome": "helped"}).status_code == 409
    assert "helped, recorded on" in text(browser.get(f"/panel/{number}/offers/"))
    told = [line for line in lines("decided") if "outcome" in line["detail"]]
    assert len(told) == 2 and all(line["family"].startswith("family-") for line in told)


def test_a_closed_meeting_takes_no_decision(panel: ReviewContext, client_as: Browsers) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    browser.post(f"/panel/{number}/close/")
    late = decide(browser, number, first, "unmet_need")
    assert late.status_code == 409 and "closed while you were reading" in text(late)
    assert "This meeting is closed already" in text(browser.post(f"/panel/{number}/close/", follow=True))


def test_two_windows_of_one_member_do_not_overwrite_each_other(panel: ReviewContext, client_as: Browsers) -> None:
    from review.panel.models import Decision  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    decide(browser, number, first, "unmet_need")
    late = decide(browser, number, first, "explained")
    assert late.status_code == 409 and "in another window" in text(late)
    assert 'value="unmet_need" id="reason-unmet_need" checked' in text(late)
    assert list(Decision.objects.values_list("reason", flat=True)) == ["unmet_need"]


def test_the_database_itself_refuses_a_version_twice_and_any_change(panel: ReviewContext, client_as: Browsers) -> None:
    from django.db import IntegrityError, transaction  # noqa: PLC0415

    from review.panel.models import Decision  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    decide(browser, number, references(browser, number)[0], "unmet_need")
    (kept,) = Decision.objects.all()
    again = Decision(case=kept.case, member=kept.member, version=1, choice=kept.choice, reason=kept.reason)
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()
    for change in (kept.save, kept.delete, Decision.objects.all().delete, lambda: Decision.objects.update(text="")):
        with pytest.raises(TypeError):
            change()


def test_a_release_withdrawn_while_a_page_is_open_shuts_everything_at_the_next_request(
    own_panel: ReviewContext, client_as: Browsers
) -> None:
    from review.panel.models import Decision  # noqa: PLC0415

    browser = client_as(Role.panel_member)
    number = opened(browser)
    first, second, *_ = references(browser, number)
    decide(browser, number, first, "unmet_need")
    withdraw(own_panel.run, KEYS, FAMILY_TARGET, "Ama Boateng", "data_scientist", "A fault was found.", TODAY)
    for answer in (
        browser.get(f"/panel/{number}/{second}/"),
        browser.get(f"/panel/{number}/"),
        decide(browser, number, second, "unmet_need"),
        browser.post(f"/panel/{number}/close/"),
        browser.post(f"/panel/{number}/{first}/agreed/", {"reason": "explained"}),
    ):
        page = text(answer)
        assert answer.status_code == 403 and "not open at the moment" in page
        assert "Owes" not in page and second not in page and "A fault was found" not in page
    assert Decision.objects.count() == 1
    assert "No list is released to this panel" in text(browser.get("/panel/"))
    assert browser.post("/panel/", {"target": FAMILY_TARGET, "held_on": "2026-09-22"}).status_code == 404
    assert [line["detail"] for line in lines("refused")][2].startswith("case (sent)")


def test_a_release_that_lapses_shuts_as_well(own_panel: ReviewContext, client_as: Browsers) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    with on_day(EXPIRES):
        assert browser.get(f"/panel/{number}/{first}/").status_code == 403
    with on_day(EXPIRES - dt.timedelta(days=1)):
        assert browser.get(f"/panel/{number}/{first}/").status_code == 200


def test_what_became_of_offers_can_be_told_after_the_release_ended(
    own_panel: ReviewContext, client_as: Browsers
) -> None:
    browser = client_as(Role.panel_member)
    number = opened(browser)
    first = references(browser, number)[0]
    decide(browser, number, first, "unmet_need")
    browser.post(f"/panel/{number}/close/")
    with on_day(EXPIRES):
        assert first in text(browser.get(f"/panel/{number}/offers/"))
        assert browser.post(f"/panel/{number}/{first}/outcome/", {"outcome": "declined"}).status_code == 302


def test_another_panels_meeting_is_not_there(panel: ReviewContext, client_as: Browsers, make_person: People) -> None:
    one, other = (member(client_as, make_person, name, panel=where) for name, where in (("olive", "A"), ("peter", "B")))
    number = opened(one)
    first = references(one, number)[0]
    for address in (f"/panel/{number}/", f"/panel/{number}/{first}/", f"/panel/{number}/offers/"):
        not_theirs, nothing = other.get(address), other.get(address.replace(f"/{number}/", "/99999/"))
        assert not_theirs.status_code == nothing.status_code == 404
        assert not_theirs.content == nothing.content
    for address in (f"/panel/{number}/close/", f"/panel/{number}/{first}/", f"/panel/{number}/{first}/agreed/"):
        assert other.post(address, {"reason": "unmet_need", "version": 0}).status_code == 404
    assert one.get(f"/panel/{number}/0000-0000-0000/").status_code == 404


def test_a_panel_reads_only_the_lists_that_are_its_own(
    app: ReviewContext, released: RunFolder, client_as: Browsers
) -> None:
    with serving(released, panels={"Panel A": ["hidden_young_carers"]}):
        browser = client_as(Role.panel_member)
        assert "No list is released to this panel" in text(browser.get("/panel/"))
        assert browser.post("/panel/", {"target": FAMILY_TARGET, "held_on": "2026-09-22"}).status_code == 404


def test_families_of_the_pack_are_a_members_alone_and_only_while_it_is_released(
    own_panel: ReviewContext, make_person: People
) -> None:
    from review.panel.cases import families_of_pack  # noqa: PLC0415

    one = make_person(Role.panel_member, "olive")
    assert len(families_of_pack(one)) == 40
    assert all(family.startswith("family-") for family in families_of_pack(one))
    for other in (
        make_person(Role.panel_member, "peter", panel=""),
        make_person(Role.team_manager, "quentin", panel="Panel A"),
        make_person(Role.equalities_lead, "rosa", panel="Panel A"),
    ):
        assert families_of_pack(other) == set()
    one.is_active = False
    assert families_of_pack(one) == set()
    one.is_active = True
    withdraw(own_panel.run, KEYS, FAMILY_TARGET, "Ama Boateng", "data_scientist", "A fault was found.", TODAY)
    assert families_of_pack(one) == set()


def test_names_are_shown_where_the_council_says_so_and_nowhere_else(
    app: ReviewContext, released: RunFolder, client_as: Browsers
) -> None:
    from review.families.models import Family  # noqa: PLC0415
    from review.panel.cases import families_of_pack  # noqa: PLC0415

    with serving(released) as context:
        browser = client_as(Role.panel_member)
        from review.people.models import Person  # noqa: PLC0415

        family = min(families_of_pack(Person.objects.get(username="panel_member")))
        rest = {"members": 2, "children": 1, "children_named": "Amina, 14", "document": {}}
        Family.objects.create(family_id=family, key="k" * 20, name="<i>Marsh</i>", **rest)
        number = opened(browser)
        assert "Marsh" not in text(browser.get(f"/panel/{number}/"))
    with serving(context.run, panel_sees_names=True):
        page = text(browser.get(f"/panel/{number}/"))
        assert "&lt;i&gt;Marsh&lt;/i&gt; (Amina, 14)" in page and "<i>Marsh" not in page


def test_a_meeting_about_one_list_is_opened_once_a_day(panel: ReviewContext, client_as: Browsers) -> None:
    browser = client_as(Role.panel_member)
    opened(browser)
    again = browser.post("/panel/", {"target": FAMILY_TARGET, "held_on": "2026-09-21"})
    assert again.status_code == 400 and "There is a meeting about this list on that day already" in text(again)
    assert browser.post("/panel/", {"target": FAMILY_TARGET, "held_on": "2000-01-01"}).status_code == 400
    assert opened(browser, "2026-09-22")
