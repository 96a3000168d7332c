from django.contrib.auth.hashers import Argon2PasswordHasher


class SlimArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id as OWASP asks for it at the least: 19 MiB, two passes, one lane.

    Django's own choice takes 100 MiB and a tenth of a second for each try: sixteen logins at
    once would fill the memory of a small server.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
