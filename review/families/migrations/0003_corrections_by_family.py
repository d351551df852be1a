from typing import Any

from django.db import migrations, models


def name_families(apps: Any, editor: Any) -> None:
    """Families are still loaded under the key that each correction was said of."""
    family, correction = apps.get_model("families", "Family"), apps.get_model("families", "Correction")
    resident = apps.get_model("caseload", "Resident").objects
    for one in correction.objects.all():
        found = family.objects.filter(key=one.family_key).values_list("pk", flat=True).first()
        if found:
            one.family_id = found
            one.people = sorted(set(resident.filter(family_id=found).values_list("person_id", flat=True)))
            near = resident.filter(person_id__in=one.people).values_list("family_id", flat=True)
            one.near = sorted({found, *near})
            one.save(update_fields=["family_id", "people", "near"])


class Migration(migrations.Migration):
    dependencies = [
        ("caseload", "0001_initial"),
        ("families", "0002_adults_named"),
    ]

    operations = [
        migrations.AddField(
            model_name="correction",
            name="family_id",
            field=models.CharField(db_index=True, default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="correction",
            name="people",
            field=models.JSONField(
                default=list, help_text="person_id of everybody who was of the family when it was said"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="near",
            field=models.JSONField(
                default=list, help_text="family_id of every family that any of the people was ever of"
            ),
        ),
        migrations.RunPython(name_families, migrations.RunPython.noop),
        migrations.RemoveField(model_name="correction", name="family_key"),
    ]
