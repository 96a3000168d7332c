import cloudpilot.crypto
import datetime
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import hotspot.models.package
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('routers', '0008_router_time_zone'),
        ('users', '0003_company_colour'),
        ('users', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('router', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='watch', serialize=False, to='routers.router')),
                ('seen_at', models.DateTimeField(help_text='who is online', null=True)),
                ('counted_at', models.DateTimeField(help_text='what every voucher has used', null=True)),
                ('login_url', models.CharField(blank=True, help_text='where its guests log in', max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Package',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, max_length=2000)),
                ('package_type', models.CharField(choices=[('hourly', 'Hourly'), ('monthly', 'Monthly')], max_length=7)),
                ('duration_hours', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('price', models.PositiveBigIntegerField(help_text='in minor units of the currency')),
                ('currency', models.CharField(default='KES', max_length=3)),
                ('download_speed_mbps', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('upload_speed_mbps', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('data_limit_mb', models.PositiveIntegerField(blank=True, help_text='of 2^20 bytes, both ways together', null=True)),
                ('time_limit_minutes', models.PositiveIntegerField(blank=True, help_text='online in all; less than its duration, or no limit', null=True)),
                ('devices', models.PositiveSmallIntegerField(default=1, help_text='online at once with one voucher', validators=[django.core.validators.MinValueValidator(1)])),
                ('valid_from', models.CharField(choices=[('first_login', 'First Login'), ('sale', 'Sale')], default='first_login', max_length=11)),
                ('is_active', models.BooleanField(default=True, help_text='whether it is on sale')),
                ('retired_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.company')),
                ('router', models.ForeignKey(on_delete=hotspot.models.package.keep_while_selling, related_name='packages', to='routers.router')),
            ],
            options={
                'indexes': [models.Index(fields=['company', '-id'], name='package_of_company')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at', None)), fields=('router', 'name'), name='one_package_a_name'), models.CheckConstraint(condition=models.Q(('devices__gte', 1), ('download_speed_mbps__gte', 1), ('duration_hours__gte', 1), ('upload_speed_mbps__gte', 1)), name='package_sells_something')],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=100)),
                ('count', models.PositiveIntegerField()),
                ('price', models.PositiveBigIntegerField(help_text='of one, as it was then; in minor units')),
                ('currency', models.CharField(max_length=3)),
                ('user_name', models.CharField(help_text='outlives the account', max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.company')),
                ('router', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routers.router')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='batches', to='hotspot.package')),
            ],
            options={
                'verbose_name_plural': 'batches',
                'indexes': [models.Index(fields=['company', '-id'], name='vouchers_of_company')],
            },
        ),
        migrations.CreateModel(
            name='Voucher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('single', 'made one by one'), ('batch', 'Batch'), ('sale', 'paid for on the portal'), ('gateway', 'made through the guest gateway')], max_length=7)),
                ('code', cloudpilot.crypto.SealedField(bound_to='code_index', editable=False, help_text='the user name; text, also if of digits')),
                ('code_index', models.CharField(editable=False, max_length=64)),
                ('password', cloudpilot.crypto.SealedField(bound_to='code_index', editable=False, help_text='null: the code is it', null=True)),
                ('full_name', models.CharField(blank=True, help_text='of the guest', max_length=100)),
                ('lifetime', models.DurationField(help_text='by the clock on the wall', null=True)),
                ('time_limit', models.DurationField(help_text='online in all', null=True)),
                ('data_limit', models.PositiveBigIntegerField(help_text='bytes, both ways together', null=True)),
                ('upload_limit', models.PositiveBigIntegerField(help_text='bytes', null=True)),
                ('download_limit', models.PositiveBigIntegerField(help_text='bytes', null=True)),
                ('upload_speed_mbps', models.PositiveIntegerField(null=True)),
                ('download_speed_mbps', models.PositiveIntegerField(null=True)),
                ('devices', models.PositiveSmallIntegerField(default=1)),
                ('bound_mac', models.CharField(blank=True, help_text='the only device that may use it', max_length=17)),
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(null=True)),
                ('paused_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(help_text='when the server took it off the router; see `expiry`', null=True)),
                ('due_at', models.DateTimeField(help_text='when the clock alone will next change what it allows', null=True)),
                ('first_login_at', models.DateTimeField(null=True)),
                ('last_login_at', models.DateTimeField(null=True)),
                ('mac_address', models.CharField(blank=True, help_text='of the last device seen', max_length=17)),
                ('online_time', models.DurationField(default=datetime.timedelta)),
                ('uploaded', models.PositiveBigIntegerField(default=0)),
                ('downloaded', models.PositiveBigIntegerField(default=0)),
                ('online_time_before', models.DurationField(default=datetime.timedelta)),
                ('uploaded_before', models.PositiveBigIntegerField(default=0)),
                ('downloaded_before', models.PositiveBigIntegerField(default=0)),
                ('on_router_at', models.DateTimeField(help_text='since when the router has it', null=True)),
                ('problem', models.CharField(blank=True, help_text='why the router does not have it as it should, if so', max_length=20)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, help_text='by people, not by use')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='vouchers', to='hotspot.batch')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.company')),
                ('package', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='vouchers', to='hotspot.package')),
                ('router', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='vouchers', to='routers.router')),
            ],
            options={
                'indexes': [models.Index(fields=['company', '-id'], name='voucher_of_company'), models.Index(fields=['router', '-id'], name='voucher_of_router'), models.Index(fields=['package', '-id'], name='voucher_of_package'), models.Index(fields=['batch', '-id'], name='voucher_of_batch'), models.Index(fields=['code_index'], name='voucher_by_code'), models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['company', '-id'], name='voucher_revoked'), models.Index(condition=models.Q(('paused_at__isnull', False)), fields=['company', '-id'], name='voucher_paused'), models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['company', '-id'], name='voucher_ended'), models.Index(condition=models.Q(('ended_at', None), ('first_login_at__isnull', False), ('revoked_at', None)), fields=['company', '-id'], name='voucher_in_use'), models.Index(condition=models.Q(('problem__gt', '')), fields=['company', '-id'], name='voucher_with_problem'), models.Index(condition=models.Q(('mac_address__gt', '')), fields=['last_login_at'], name='voucher_with_device'), models.Index(condition=models.Q(('full_name__gt', '')), fields=['company', 'full_name'], name='voucher_by_name'), models.Index(condition=models.Q(('ended_at', None), ('revoked_at', None)), fields=['router', 'id'], name='voucher_on_router'), models.Index(condition=models.Q(('on_router_at__isnull', False)), fields=['router'], name='voucher_held'), models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['router', 'ended_at'], name='voucher_by_end'), models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['router', 'revoked_at'], name='voucher_by_revocation'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='voucher_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('router', 'code_index'), name='one_voucher_a_code')],
            },
        ),
        migrations.CreateModel(
            name='Login',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('voucher', 'Voucher'), ('email', 'Email'), ('facebook', 'Facebook'), ('mobile', 'Mobile'), ('free', 'Free'), ('other', "a user that the router's owner keeps")], default='voucher', max_length=8)),
                ('name', models.CharField(blank=True, help_text="empty: the voucher's code", max_length=100)),
                ('mac_address', models.CharField(blank=True, max_length=17)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('user_agent', models.CharField(blank=True, max_length=300)),
                ('session_id', models.CharField(blank=True, help_text="the router's own", max_length=20)),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('online_time', models.DurationField(default=datetime.timedelta)),
                ('uploaded', models.PositiveBigIntegerField(default=0)),
                ('downloaded', models.PositiveBigIntegerField(default=0)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.company')),
                ('router', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='logins', to='routers.router')),
                ('voucher', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='logins', to='hotspot.voucher')),
            ],
            options={
                'indexes': [models.Index(fields=['company', '-id'], name='login_of_company'), models.Index(fields=['router', '-id'], name='login_of_router'), models.Index(fields=['voucher', '-id'], name='login_of_voucher'), models.Index(condition=models.Q(('ended_at', None)), fields=['router'], name='login_open'), models.Index(fields=['ended_at'], name='login_by_end')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None), models.Q(('session_id', ''), _negated=True)), fields=('router', 'session_id'), name='one_open_login_a_session')],
            },
        ),
        migrations.CreateModel(
            name='GuestGateway',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('post_enabled', models.BooleanField(default=False)),
                ('get_enabled', models.BooleanField(default=False, help_text='keys in URLs: on trusted networks')),
                ('legacy_status', models.BooleanField(default=False, help_text='answer 200 to everything, refusals included')),
                ('valid_for_preset', models.CharField(choices=[('always', 'always'), ('1 hour', '1 hour'), ('2 hours', '2 hours'), ('3 hours', '3 hours'), ('4 hours', '4 hours'), ('5 hours', '5 hours'), ('6 hours', '6 hours'), ('7 hours', '7 hours'), ('8 hours', '8 hours'), ('9 hours', '9 hours'), ('10 hours', '10 hours'), ('11 hours', '11 hours'), ('12 hours', '12 hours'), ('13 hours', '13 hours'), ('14 hours', '14 hours'), ('15 hours', '15 hours'), ('16 hours', '16 hours'), ('17 hours', '17 hours'), ('18 hours', '18 hours'), ('19 hours', '19 hours'), ('20 hours', '20 hours'), ('21 hours', '21 hours'), ('22 hours', '22 hours'), ('23 hours', '23 hours'), ('1 day', '1 day'), ('2 days', '2 days'), ('3 days', '3 days'), ('4 days', '4 days'), ('5 days', '5 days'), ('6 days', '6 days'), ('7 days', '7 days'), ('8 days', '8 days'), ('9 days', '9 days'), ('10 days', '10 days'), ('11 days', '11 days'), ('12 days', '12 days'), ('13 days', '13 days'), ('14 days', '14 days'), ('15 days', '15 days'), ('16 days', '16 days'), ('17 days', '17 days'), ('18 days', '18 days'), ('19 days', '19 days'), ('20 days', '20 days'), ('21 days', '21 days'), ('22 days', '22 days'), ('23 days', '23 days'), ('24 days', '24 days'), ('25 days', '25 days'), ('26 days', '26 days'), ('27 days', '27 days'), ('28 days', '28 days'), ('29 days', '29 days'), ('30 days', '30 days'), ('35 days', '35 days'), ('40 days', '40 days'), ('45 days', '45 days'), ('50 days', '50 days'), ('55 days', '55 days'), ('60 days', '60 days'), ('90 days', '90 days'), ('120 days', '120 days'), ('150 days', '150 days'), ('180 days', '180 days'), ('365 days', '365 days')], default='1 day', help_text='of vouchers that are made without valid_for', max_length=10)),
                ('label', models.CharField(editable=False, max_length=10, unique=True)),
                ('key_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('key_made_at', models.DateTimeField(editable=False, null=True)),
                ('router', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='guest_gateway', to='routers.router')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('key_digest', ''), _negated=True), fields=('key_digest',), name='one_gateway_a_key')],
            },
        ),
        migrations.CreateModel(
            name='GuestUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('email', 'Email'), ('facebook', 'Facebook'), ('mobile', 'Mobile'), ('free', 'Free')], max_length=8)),
                ('identity', models.CharField(help_text='e-mail address, Facebook id, phone number, or device (free)', max_length=254)),
                ('name', models.CharField(blank=True, max_length=100)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('mac_address', models.CharField(blank=True, help_text='of the last device seen', max_length=17)),
                ('visits', models.PositiveIntegerField(default=0)),
                ('comments', models.CharField(blank=True, max_length=200)),
                ('comments1', models.CharField(blank=True, max_length=200)),
                ('comments2', models.CharField(blank=True, max_length=200)),
                ('marketing', models.BooleanField(default=False, help_text='whether they agreed to be written to')),
                ('verified', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_login_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.company')),
                ('router', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guest_users', to='routers.router')),
            ],
            options={
                'indexes': [models.Index(fields=['company', '-id'], name='guest_user_of_company')],
                'constraints': [models.UniqueConstraint(fields=('router', 'kind', 'identity'), name='one_guest_an_identity')],
            },
        ),
    ]
