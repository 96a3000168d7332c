
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hotspot', '0001_packages_and_vouchers'),
        ('routers', '0008_router_time_zone'),
        ('users', '0003_company_colour'),
    ]

    operations = [
        migrations.AddField(
            model_name='voucher',
            name='problem',
            field=models.CharField(blank=True, help_text='why the router does not have it as it should, if so', max_length=20),
        ),
        migrations.AddIndex(
            model_name='login',
            index=models.Index(fields=['ended_at'], name='login_by_end'),
        ),
        migrations.AddIndex(
            model_name='voucher',
            index=models.Index(condition=models.Q(('problem__gt', '')), fields=['company', '-id'], name='voucher_with_problem'),
        ),
        migrations.AddIndex(
            model_name='voucher',
            index=models.Index(condition=models.Q(('mac_address__gt', '')), fields=['last_login_at'], name='voucher_with_device'),
        ),
    ]
