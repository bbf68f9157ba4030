import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_scopes_of_clients'),
    ]

    operations = [
        migrations.AddField(
            model_name='microenterprise',
            name='dissolved_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='microenterprise',
            name='dissolving_from_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='microenterprise',
            name='probation_from_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='DissolutionVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('voted_on', models.DateField()),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dissolution_votes', to='accounts.microenterprise')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('micro_enterprise', 'person'), name='one_vote_to_dissolve_per_partner')],
            },
        ),
    ]
