"""Banks, questions and their revisions: imported, then only read, and only by those who may know the answers."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exams.admin import links
from exams.admin.read_only import ReadOnly
from exams.models import Bank, Question, Revision
from exams.paper_view import LETTERS

SHOWN = 60  # characters of a stem in the list


@admin.register(Bank)
class BankAdmin(ReadOnly, admin.ModelAdmin[Bank]):
    list_display = ("name", "code", "questions")
    search_fields = ("code", "name")
    search_help_text = _("题库名称或编号")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bank]:
        return super().get_queryset(request).annotate(question_count=Count("questions"))

    @admin.display(description=_("试题"), ordering="question_count")
    def questions(self, bank: Bank) -> SafeString:
        return links.to_list(Question, getattr(bank, "question_count", 0), bank__id__exact=bank.pk)


class RevisionInline(ReadOnly, admin.StackedInline[Revision, Question]):
    model = Revision
    extra = 0
    can_delete = False
    fields = ("kind", "stem", "choices", "explanation", ("difficulty", "topic", "tags"), "created_at")
    readonly_fields = ("choices", "created_at")

    @admin.display(description=_("选项"))
    def choices(self, revision: Revision) -> SafeString:
        """Show the options in the order of the bank, the right ones marked in words."""
        lines = (
            (
                "answer answer--right" if option["id"] in revision.key else "answer",
                letter,
                option["text"],
                _("（正确答案）") if option["id"] in revision.key else "",
            )
            for letter, option in zip(LETTERS, revision.options, strict=False)
        )
        items = format_html_join("", '<li class="{}"><b>{}</b> {} <strong>{}</strong></li>', lines)
        return format_html('<ol class="answers-key">{}</ol>', items)


@admin.register(Question)
class QuestionAdmin(ReadOnly, admin.ModelAdmin[Question]):
    list_display = ("external_id", "kind", "stem", "topic", "bank", "revision_count")
    list_display_links = ("external_id", "stem")
    list_filter = ("bank", "revisions__kind", "revisions__topic")
    search_fields = ("external_id", "revisions__stem")
    search_help_text = _("题号或题干")
    list_per_page = 50
    inlines = (RevisionInline,)
    fields = (("bank", "external_id"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        newest = Revision.objects.filter(question=OuterRef("pk")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .select_related("bank")
            .annotate(
                newest_kind=Subquery(newest.values("kind")[:1]),
                newest_stem=Subquery(newest.values("stem")[:1]),
                newest_topic=Subquery(newest.values("topic")[:1]),
                revisions_made=Count("revisions", distinct=True),
            )
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> HttpResponse:
        question = context.get("original")
        context["page_name"] = question.external_id if question else ""
        return super().render_change_form(request, context, *args, **more)

    @admin.display(description=_("题型"), ordering="newest_kind")
    def kind(self, question: Question) -> str:
        value = getattr(question, "newest_kind", None)
        return str(Revision.Kind(value).label) if value else ""

    @admin.display(description=_("题干"))
    def stem(self, question: Question) -> str:
        text = getattr(question, "newest_stem", None) or ""
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    @admin.display(description=_("知识点"), ordering="newest_topic")
    def topic(self, question: Question) -> str:
        return getattr(question, "newest_topic", None) or "—"

    @admin.display(description=_("版本数"), ordering="revisions_made")
    def revision_count(self, question: Question) -> int:
        return getattr(question, "revisions_made", 0)
