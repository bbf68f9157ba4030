import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('accounts', '__first__'),
        # Its many changes of labels render every model that stands: while there are few.
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('slug', models.SlugField(db_index=False, max_length=80)),
                ('description', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='category_named_once'), models.UniqueConstraint(fields=('slug',), name='category_slug_once')],
            },
        ),
        migrations.CreateModel(
            name='OutsideSupplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='supplier_named_once')],
            },
        ),
        migrations.CreateModel(
            name='OutsideOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='marketplace.outsidesupplier')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outside_offers', to='marketplace.category')),
                ('name', models.CharField(max_length=500)),
                ('description', models.TextField(blank=True, max_length=20000)),
                ('unit', models.CharField(max_length=40)),
                ('price', models.DecimalField(decimal_places=2, max_digits=18)),
                ('priced_on', models.DateField(help_text='the day from which the price was offered')),
                ('valid_until_on', models.DateField(blank=True, null=True)),
                ('source', models.CharField(help_text='where the price can be read again', max_length=200)),
                ('reference', models.CharField(help_text='unique key of the offer in its source', max_length=120)),
                ('recorded_on', models.DateField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('name', config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector('description', config='english', weight='C'), django.contrib.postgres.search.SearchConfig('english')), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search'], name='outside_found_by_words'), django.contrib.postgres.indexes.GinIndex(fields=['name'], name='outside_found_by_likeness', opclasses=['gin_trgm_ops']), models.Index(fields=['category', 'unit', 'price'], name='outside_by_price')],
                'constraints': [models.UniqueConstraint(fields=('source', 'reference'), name='outside_offer_recorded_once'), models.CheckConstraint(condition=models.Q(('price__gt', 0), ('price__lte', Decimal('9999999999999999.99'))), name='outside_offer_has_a_price'), models.CheckConstraint(condition=models.Q(('valid_until_on', None), ('valid_until_on__gte', models.F('priced_on')), _connector='OR'), name='outside_offer_was_once_valid')],
            },
        ),
        migrations.CreateModel(
            name='ServiceOffering',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='accounts.microenterprise')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='marketplace.category')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10)),
                ('published_on', models.DateField(null=True)),
                ('withdrawn_on', models.DateField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['category', 'state'], name='offering_by_category')],
            },
        ),
        migrations.CreateModel(
            name='SatisfactionScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offering', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='marketplace.serviceoffering')),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='accounts.microenterprise')),
                ('from_month', models.DateField()),
                ('to_month', models.DateField(help_text='the last revealed month')),
                ('csat', models.DecimalField(decimal_places=4, help_text='0 to 1', max_digits=6, null=True)),
                ('lower_bound', models.DecimalField(decimal_places=4, help_text='Wilson, 95 %', max_digits=6, null=True)),
                ('upper_bound', models.DecimalField(decimal_places=4, help_text='Wilson, 95 %', max_digits=6, null=True)),
                ('mean', models.DecimalField(decimal_places=3, help_text='1 to 5, weighted to the category', max_digits=6, null=True)),
                ('n', models.PositiveIntegerField(default=0, help_text='counted ratings')),
                ('raters', models.PositiveIntegerField(default=0, help_text='distinct persons')),
                ('invited', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('offering', 'to_month'), name='offering_scored_once'), models.UniqueConstraint(fields=('provider', 'to_month'), name='provider_scored_once'), models.CheckConstraint(condition=models.Q(models.Q(('offering__isnull', False), ('provider', None)), models.Q(('offering', None), ('provider__isnull', False)), _connector='OR'), name='score_is_of_an_offering_or_of_a_provider'), models.CheckConstraint(condition=models.Q(('raters__gte', 5), models.Q(('csat', None), ('lower_bound', None), ('mean', None), ('upper_bound', None)), _connector='OR'), name='nothing_shown_below_five_raters'), models.CheckConstraint(condition=models.Q(models.Q(('csat', None), ('lower_bound', None), ('upper_bound', None)), models.Q(('csat__gte', models.F('lower_bound')), ('lower_bound__gte', 0), ('upper_bound__gte', models.F('csat')), ('upper_bound__lte', 1)), _connector='OR'), name='score_is_a_share_within_its_range'), models.CheckConstraint(condition=models.Q(('mean', None), ('mean__range', (1, 5)), _connector='OR'), name='mean_is_from_one_to_five'), models.CheckConstraint(condition=models.Q(('raters__lte', models.F('n'))), name='raters_gave_ratings')],
            },
        ),
        migrations.CreateModel(
            name='OfferingVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='marketplace.serviceoffering')),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('name', models.CharField(max_length=120)),
                ('summary', models.CharField(max_length=300)),
                ('description', models.TextField(blank=True, help_text='Markdown', max_length=20000)),
                ('unit', models.CharField(default='month', help_text='what the price is per', max_length=40)),
                ('plan', models.CharField(choices=[('fixed', 'Fixed price a month'), ('per_unit', 'Price per unit')], default='fixed', max_length=12)),
                ('price', models.DecimalField(decimal_places=2, max_digits=18)),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='contracts at a time (fixed) or units a month (per unit)', null=True)),
                ('lead_time_days', models.PositiveSmallIntegerField(default=1)),
                ('published_on', models.DateField(null=True)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('name', config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector('summary', config='english', weight='B'), django.contrib.postgres.search.SearchConfig('english')), '||', django.contrib.postgres.search.SearchVector('description', config='english', weight='C'), django.contrib.postgres.search.SearchConfig('english')), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search'], name='offering_found_by_words'), django.contrib.postgres.indexes.GinIndex(fields=['name'], name='offering_found_by_likeness', opclasses=['gin_trgm_ops'])],
                'constraints': [models.UniqueConstraint(fields=('offering', 'number'), name='offering_version_numbered_once'), models.UniqueConstraint(condition=models.Q(('published_on', None)), fields=('offering',), name='one_draft_version_per_offering'), models.CheckConstraint(condition=models.Q(('price__gt', 0), ('price__lte', Decimal('9999999999999999.99'))), name='offering_has_a_price'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='offering_has_a_name'), models.CheckConstraint(condition=models.Q(('unit', ''), _negated=True), name='offering_has_a_unit')],
            },
        ),
        migrations.CreateModel(
            name='OfferedMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='measures', to='marketplace.offeringversion')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=160)),
                ('unit', models.CharField(max_length=30)),
                ('direction', models.CharField(choices=[('higher', 'higher is better'), ('lower', 'lower is better')], default='higher', max_length=6)),
                ('target', models.DecimalField(decimal_places=4, max_digits=14)),
                ('floor', models.DecimalField(decimal_places=4, max_digits=14)),
                ('method', models.CharField(help_text='how it is measured', max_length=200)),
                ('measurer', models.CharField(choices=[('provider', 'Provider'), ('buyer', 'Buyer')], default='provider', max_length=8)),
                ('weight', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('version', 'number'), name='measure_numbered_once'), models.CheckConstraint(condition=models.Q(models.Q(('direction', 'higher'), ('target__gte', models.F('floor'))), models.Q(('direction', 'lower'), ('target__lte', models.F('floor'))), _connector='OR'), name='measure_floor_is_worse_than_target'), models.CheckConstraint(condition=models.Q(('weight__gt', 0)), name='measure_weighs_something')],
            },
        ),
        migrations.AddField(
            model_name='serviceoffering',
            name='score',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='marketplace.satisfactionscore'),
        ),
        migrations.AddField(
            model_name='serviceoffering',
            name='current',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.offeringversion'),
        ),
        migrations.AddConstraint(
            model_name='serviceoffering',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('current__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='published_offering_has_a_version'),
        ),
    ]
