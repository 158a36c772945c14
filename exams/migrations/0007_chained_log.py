"""Makes the log of each sitting a chain, the entries that are there too, in the order in which they were written."""

from datetime import datetime
from itertools import groupby
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from exams.domain.arrivals import Op, Outcome, Sender
from exams.domain.chain import Entry, Head, linked

AT_ONCE = 500


def chain(apps: Any, schema_editor: Any) -> None:
    """Number and hash every entry, and note for every sitting where its log ends."""
    entries = apps.get_model("exams", "ResponseEntry").objects
    logs = apps.get_model("exams", "ResponseLog").objects
    logs.bulk_create(
        [logs.model(sitting_id=pk) for pk in apps.get_model("exams", "Sitting").objects.values_list("pk", flat=True)],
        batch_size=AT_ONCE,
    )
    in_order = entries.order_by("sitting_id", "pk").iterator(chunk_size=AT_ONCE)
    for sitting_id, rows in groupby(in_order, key=lambda row: row.sitting_id):
        head, batch = Head(), []
        for row in rows:
            (link,) = linked(sitting_id, head, [_entry(row)])
            head = Head(link.number, link.hash)
            row.number, row.hash = link.number, link.hash
            batch.append(row)
            if len(batch) == AT_ONCE:
                entries.bulk_update(batch, ["number", "hash"])
                batch = []
        entries.bulk_update(batch, ["number", "hash"])
        logs.filter(pk=sitting_id).update(length=head.length, head=head.hash)


def _entry(row: Any) -> Entry:
    received_at: datetime = row.received_at
    op = Op(row.question, row.seq, tuple(row.value), row.doubtful)
    return Entry(Sender(row.client, row.epoch), op, Outcome(row.outcome), received_at)


def leave_room(apps: Any, schema_editor: Any) -> None:
    """Let PostgreSQL keep half of each page of the heads free, so that it changes them in place."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE exams_responselog SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("exams", "0006_answer_file_key")]

    operations = [
        migrations.CreateModel(
            name="ResponseLog",
            fields=[
                (
                    "sitting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="log",
                        serialize=False,
                        to="exams.sitting",
                        verbose_name="答卷",
                    ),
                ),
                ("length", models.PositiveIntegerField(default=0, verbose_name="条数")),
                ("head", models.BinaryField(default=bytes(32))),
            ],
            options={"verbose_name": "作答日志", "verbose_name_plural": "作答日志"},
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
        migrations.AddField("responseentry", "number", models.PositiveIntegerField(null=True, verbose_name="序号")),
        migrations.AddField("responseentry", "hash", models.BinaryField(null=True)),
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.AlterField("responseentry", "number", models.PositiveIntegerField(verbose_name="序号")),
        migrations.AlterField("responseentry", "hash", models.BinaryField()),
        migrations.AlterModelOptions(
            name="responseentry",
            options={"ordering": ["sitting", "number"], "verbose_name": "作答记录", "verbose_name_plural": "作答记录"},
        ),
        migrations.AddConstraint(
            "responseentry",
            models.UniqueConstraint(fields=("sitting", "number"), name="one_entry_for_each_number"),
        ),
        # The unique constraints find by sitting too; each index less makes saving an answer cheaper.
        migrations.RemoveIndex("responseentry", "exams_respo_sitting_0f1a25_idx"),
        migrations.AlterField(
            "responseentry",
            "sitting",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entries",
                to="exams.sitting",
                verbose_name="答卷",
            ),
        ),
        migrations.AlterField(
            "response",
            "sitting",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="responses",
                to="exams.sitting",
                verbose_name="答卷",
            ),
        ),
    ]
