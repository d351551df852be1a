from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("families", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="family",
            name="adults_named",
            field=models.TextField(
                blank=True, default="", help_text="First name of each adult, to tell namesakes apart"
            ),
        ),
    ]
