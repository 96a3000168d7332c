from django.db import connection, models


def hold(rows: models.QuerySet) -> bool:
    """Keep `rows` from being deleted until the transaction ends; False if there are none.

    Any number may hold a row at once, unlike those who lock it to change it. A foreign key alone
    is looked at as late as the commit, where nobody can answer for a row that is gone.
    """
    found = rows.order_by().values("pk")
    if not connection.features.has_select_for_update:  # SQLite lets one transaction write at a time
        return found.exists()
    sql, params = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FOR KEY SHARE", params)
        return cursor.fetchone() is not None
