"""What customers say after delivery: surveys, questions and complaints, and how service answers."""

from datetime import timedelta

from crm.access import CUSTOMER, SYSTEM, Role
from crm.demo import texts
from feedback import hours
from feedback.models import SurveyInvitation, Ticket
from feedback.services import HOURS, LOW_SCORE

SURVEY_DAYS = 30
LATE = 12  # days after the promised one that customers do not forgive
ANSWER_RATE = 0.58
UNHAPPY = ("ticket", "reopened")  # the chain of the customer who is not content with the first solution either
SCORES = {False: (1, 3, 9, 37, 50), True: (12, 18, 30, 28, 12)}  # delivered late? -> weights of 1 to 5


def follow_up_on(thread, deal, order, days_late):
    """Ask how satisfied the customer is with an order; an unhappy answer opens a complaint."""
    survey = _invite(thread, deal, order=order)
    score = _answer(thread, survey, late=days_late > LATE)
    if score is not None and score <= LOW_SCORE:
        words = {"subject": f"客户不满意：{score} 分（满分 5 分）", "description": survey.comment}
        ticket = _open(thread, deal, order, SYSTEM, Ticket.Kind.COMPLAINT, Ticket.Priority.HIGH, **words)
        _solve(thread, deal, ticket, *texts.COMPLAINT)


def need_help(thread, deal, order):
    """Some weeks later something may break, be missing or be asked for."""
    random = thread.story.random
    if not (thread.story.chance(0.3) or thread.bound_for("ticket")):
        return
    thread.wait(2, 60)
    kind, priority, subject, description, answer, solution = random.choice(texts.TICKETS)
    by = random.choice(thread.story.people.by_role[Role.SERVICE])
    ticket = _open(thread, deal, order, by, kind, priority, subject=subject, description=description)
    _solve(thread, deal, ticket, answer, solution)


def _open(thread, deal, order, by, kind, priority, **words):
    ticket = Ticket(
        order=order, case=order.case, customer=deal.customer, contact=deal.contact,
        kind=kind, priority=priority, **words,
    )  # fmt: skip
    first, solution = HOURS[priority]
    ticket.response_due_at = hours.after(thread.at, timedelta(hours=first))
    ticket.resolution_due_at = hours.after(thread.at, timedelta(hours=solution))
    return thread.create(ticket, by)


def _solve(thread, deal, ticket, answer, solution):
    """Taken, answered, solved and closed; most within their clocks, some wait for the customer, a few come again."""
    random = thread.story.random
    helper = random.choice(thread.story.people.by_role[Role.SERVICE])
    first, longest = HOURS[ticket.priority]
    slow = thread.story.chance(0.15)
    thread.wait(first / 24 * (1.6 if slow else 0.2), first / 24 * (3 if slow else 0.6))
    ticket.owner = helper
    thread.move(ticket, "take", helper)
    thread.sleep_until(thread.at + timedelta(minutes=random.randrange(5, 40)))
    thread.move(ticket, "answer", helper, data={"text": answer})
    ticket.answered_at = thread.at
    if thread.story.chance(0.25):
        _wait_for_customer(thread, ticket, helper)
    thread.wait(longest / 24 * 0.2, longest / 24 * (2.5 if slow else 0.9))
    _resolve(thread, ticket, helper, solution)
    thread.wait(0.5, 3)
    if thread.suffers(0.06) or thread.fate.stop == UNHAPPY:
        thread.move(ticket, "reopen", helper, reason=texts.REOPENED)
        ticket.resolved_at = None
        ticket.resolution_due_at = hours.after(thread.at, timedelta(hours=longest))
        thread.wait(0.1, 0.4)
        thread.move(ticket, "take", helper)
        thread.wait(0.3, 1.5)
        _resolve(thread, ticket, helper, solution)
        thread.wait(0.5, 2)
    thread.move(ticket, "close", helper)
    _answer(thread, _invite(thread, deal, ticket=ticket), late=slow)


def _wait_for_customer(thread, ticket, helper):
    """The resolution clock stands still until the customer replies."""
    thread.wait(0.1, 0.5)
    thread.move(ticket, "wait", helper)
    ticket.waiting_since = thread.at
    thread.wait(0.5, 3)
    waited = hours.between(ticket.waiting_since, thread.at)
    ticket.resolution_due_at, ticket.waiting_since = hours.after(ticket.resolution_due_at, waited), None
    thread.move(ticket, "resume", helper)


def _resolve(thread, ticket, helper, solution):
    ticket.resolution, ticket.resolved_at = solution, thread.at
    thread.move(ticket, "resolve", helper, data={"text": solution})


def _invite(thread, deal, *, order=None, ticket=None):
    """A survey is queued at once and mailed within the minute."""
    about = order or ticket
    survey = SurveyInvitation(
        order=order, ticket=ticket, case=about.case, customer=deal.customer, contact=deal.contact,
        owner=deal.rep if order else ticket.owner, expires_at=thread.at + timedelta(days=SURVEY_DAYS),
    )  # fmt: skip
    thread.create(survey, SYSTEM)
    thread.sleep_until(thread.at + timedelta(seconds=40), working=False)
    survey.sent_at = thread.at
    thread.move(survey, "send", SYSTEM)
    return survey


def _answer(thread, survey, *, late):
    """The score given, or None where nobody answers in time."""
    random = thread.story.random
    if random.random() > ANSWER_RATE and not thread.bound_for("ticket"):
        over = survey.expires_at.astimezone(thread.story.zone).replace(hour=3, minute=0) + timedelta(days=1)
        thread.sleep_until(over, working=False)
        thread.move(survey, "expire", SYSTEM)
        return None
    thread.wait(0.2, 12)
    furious = thread.fate.stop == UNHAPPY and survey.order is not None
    score = 1 if furious else random.choices((1, 2, 3, 4, 5), SCORES[late])[0]
    survey.score, survey.answered_at = score, thread.at
    survey.recommend = min(10, max(0, score * 2 + random.choice((-2, -1, 0, 0))))
    words = texts.ANGER if score <= LOW_SCORE else texts.MIDDLING if score == 3 else texts.PRAISE
    survey.comment = texts.UNHAPPY if furious else random.choice(words)
    thread.move(survey, "answer", CUSTOMER, data={"score": score, "text": survey.comment})
    return score
