import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        ('marketplace', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Course',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='accounts.microenterprise')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='marketplace.outsidesupplier')),
                ('title', models.CharField(max_length=200)),
                ('topic', models.CharField(max_length=80)),
                ('description', models.TextField(blank=True, help_text='Markdown', max_length=20000)),
                ('source', models.CharField(blank=True, help_text='where it can be read again', max_length=200)),
                ('reference', models.CharField(help_text='unique key of the course in its source', max_length=120)),
                ('recorded_on', models.DateField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('title', config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector('topic', config='english', weight='B'), django.contrib.postgres.search.SearchConfig('english')), '||', django.contrib.postgres.search.SearchVector('description', config='english', weight='C'), django.contrib.postgres.search.SearchConfig('english')), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search'], name='course_found_by_words')],
                'constraints': [models.UniqueConstraint(fields=('source', 'reference'), name='course_recorded_once'), models.CheckConstraint(condition=models.Q(models.Q(('provider', None), ('supplier__isnull', False)), models.Q(('provider__isnull', False), ('supplier', None)), _connector='OR'), name='course_is_taught_by_one_side'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='course_has_a_title')],
            },
        ),
        migrations.CreateModel(
            name='CourseRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='learning_market.course')),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('price', models.DecimalField(decimal_places=2, help_text='per seat; 0 is free', max_digits=18)),
                ('seats', models.PositiveIntegerField(blank=True, null=True)),
                ('seats_taken', models.PositiveIntegerField(default=0)),
                ('place', models.CharField(blank=True, help_text='a room, a town, or online', max_length=160)),
                ('state', models.CharField(choices=[('scheduled', 'Scheduled'), ('cancelled', 'Cancelled')], default='scheduled', max_length=10)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'starts_on'], name='run_by_start')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='run_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='run_price_not_negative'), models.CheckConstraint(condition=models.Q(('seats', None), ('seats_taken__lte', models.F('seats')), _connector='OR'), name='no_seat_is_taken_twice'), models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('course', 'reference'), name='run_recorded_once')],
            },
        ),
        migrations.CreateModel(
            name='LearningPurchase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('micro_enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='learning_purchases', to='accounts.microenterprise')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='learning_market.courserun')),
                ('price', models.DecimalField(decimal_places=2, help_text='per seat, as proposed', max_digits=18)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('proposed', 'Proposed'), ('committed', 'Committed'), ('in_progress', 'In Progress'), ('completed', 'Completed'), ('reviewed', 'Reviewed'), ('declined', 'Declined'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], default='draft', max_length=12)),
                ('expected_return', models.CharField(help_text='what should be better after it', max_length=500)),
                ('expected_value', models.DecimalField(blank=True, decimal_places=2, help_text='over twelve months', max_digits=18, null=True)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_on', models.DateField()),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_on', models.DateField(null=True)),
                ('decision_note', models.CharField(blank=True, max_length=300)),
                ('paid_on', models.DateField(null=True)),
                ('completed_on', models.DateField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['micro_enterprise', 'state'], name='learning_by_me')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['committed', 'in_progress', 'completed', 'reviewed']), _negated=True), models.Q(('decided_by__isnull', False), ('decided_on__isnull', False)), _connector='OR'), name='committed_learning_was_decided')],
            },
        ),
        migrations.CreateModel(
            name='LearningSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purchase', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='learning_market.learningpurchase')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='booked_seats', to='learning_market.courserun')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='learning_seats', to='accounts.person')),
                ('state', models.CharField(choices=[('open', 'Open'), ('cancelled', 'Cancelled')], default='open', max_length=10)),
                ('cancelled_on', models.DateField(null=True)),
                ('released', models.DecimalField(decimal_places=2, default=Decimal('0.00'), help_text='given back', max_digits=18)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('run', 'person'), name='one_seat_per_person_and_run'), models.CheckConstraint(condition=models.Q(models.Q(('cancelled_on', None), ('released', 0), ('state', 'open')), models.Q(('cancelled_on__isnull', False), ('state', 'cancelled')), _connector='OR'), name='cancelled_seat_names_its_day')],
            },
        ),
    ]
