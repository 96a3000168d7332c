"""Settings come from the environment, or from `.env`; each has a safe default.

`docs/setup-guide.md` lists them. A secret may also be read from a file: `SECRET_KEY_FILE`
and the like name its path.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from cloudpilot.keys import is_fernet_key, kept_key, random_fernet_key, random_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

STATE_DIR = BASE_DIR / env.str("STATE_DIR", default="var")

# --- Keys -----------------------------------------------------------------------------------

GENERATED_KEYS: list[str] = []  # those that nobody has set; `check --deploy` fails on them


def _key(name: str, make: Callable[[], str] = random_key) -> str:
    value: str = env.str(name, default="").strip()  # a file ends in a newline
    if not value:
        GENERATED_KEYS.append(name)
        value = kept_key(STATE_DIR, name.lower(), make)
    if len(value) < 32:
        raise ImproperlyConfigured(f"{name} must be at least 32 characters long.")
    return value


SECRET_KEY = _key("SECRET_KEY")
JWT_SIGNING_KEY = _key("JWT_SIGNING_KEY")
ROUTER_KEY_SECRET = _key("ROUTER_KEY_SECRET")
ENCRYPTION_KEYS = [key.strip() for key in _key("ENCRYPTION_KEY", random_fernet_key).split(",")]
if not all(is_fernet_key(key) for key in ENCRYPTION_KEYS):
    raise ImproperlyConfigured("ENCRYPTION_KEY must hold Fernet keys, comma-separated.")


def _reachable_host(url: str) -> str:
    """Return the host of `url`, nothing where that is this very machine."""
    host = urlsplit(url).hostname or ""
    return "" if host == "localhost" or host.startswith("127.") or host == "::1" else host


# --- Where we are ---------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
PORT = env.int("PORT", default=8000)  # where this process listens, behind a proxy or not
WEB_THREADS = 16  # of each gunicorn process
# How many proxies of ours stand in front: the caller's address is that many hops from the right
# end of X-Forwarded-For. 0 means that the header is not believed at all.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ROUTER_HOST_POLICY = env.str("ROUTER_HOST_POLICY", default="self_hosted")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
# What opens the mesh API whole; without it there is no such key. It may have spaces in it.
MESH_MASTER_KEY = env.str("MESH_MASTER_KEY", default="").strip()
# Where networks that name no range get theirs from: a range, and the length of a network's prefix.
MESH_POOL = env.str("MESH_POOL", default="10.64.0.0/10")
MESH_POOL_PREFIX = env.int("MESH_POOL_PREFIX", default=18)
# Where nodes of networks reach this host, if it is their hub: an address or a name.
MESH_ENDPOINT = env.str("MESH_ENDPOINT", default="").strip() or _reachable_host(PUBLIC_URL)
# The certificate of the authority that PUBLIC_URL's own is from, where routers do not know it.
MESH_CA = env.str("MESH_CA", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()  # what opens /metrics from elsewhere
# Where providers are called; empty means at their own hosts. For simulated ones, never for money.
PROVIDER_BASE_URLS = {
    slug: env.str(f"{slug.upper()}_BASE_URL", default="")
    for slug in ("kopokopo", "intasend", "mercadopago", "conekta", "daraja")
}
TELEGRAM_BASE_URL = env.str("TELEGRAM_BASE_URL", default="https://api.telegram.org").rstrip("/")
# Whether outgoing webhooks may go to this very machine: for trying them out.
WEBHOOKS_TO_LOOPBACK = env.bool("WEBHOOKS_TO_LOOPBACK", default=False)
# How long a job stays a worker's that gives no sign of life, before another may run it.
JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=30.0)
JOB_MESSAGE_SECONDS = 60.0  # how long a broker's message may take before it counts as lost
if ROUTER_HOST_POLICY not in {"self_hosted", "saas"}:
    raise ImproperlyConfigured("ROUTER_HOST_POLICY must be self_hosted or saas.")

# --- How long things are kept ---------------------------------------------------------------


def _days(name: str, default: int) -> int:
    days: int = env.int(name, default=default)
    if not 1 <= days <= 36_500:
        raise ImproperlyConfigured(f"{name} must be from 1 to 36500.")
    return days


LOGINS_KEPT_DAYS = _days("LOGINS_KEPT_DAYS", 365)  # who was online, when and with which device
BOOKS_REPORTS_KEPT_DAYS = _days("BOOKS_REPORTS_KEPT_DAYS", 400)  # a year, and time to look back

# --- Apps -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "cloudpilot.apps.CloudPilotConfig",
    "users.apps.UsersConfig",
    "routers.apps.RoutersConfig",
    "hotspot.apps.HotspotConfig",
    "networks.apps.NetworksConfig",
    "payments.apps.PaymentsConfig",
    "cloudpilot.console.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
]

MIDDLEWARE = [
    "cloudpilot.logs.RequestLogMiddleware",
    "cloudpilot.metrics.RequestMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cloudpilot.middleware.ErrorsAsJsonMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",  # refuses hosts that ALLOWED_HOSTS lacks
    "networks.middleware.MeshPathsMiddleware",
    "cloudpilot.middleware.ConsoleSessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "cloudpilot.middleware.ConsoleAuthenticationMiddleware",
    "cloudpilot.middleware.ConsoleMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cloudpilot.urls"
WSGI_APPLICATION = "cloudpilot.wsgi.application"
APPEND_SLASH = False  # every path answers with and without it, and nothing redirects
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database -------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
_database = DATABASES["default"]
_database.setdefault("OPTIONS", {})
if _database["ENGINE"].endswith("sqlite3"):
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] |= {
        # IMMEDIATE is correctness, not tuning: deferred transactions that read and then write
        # fail with "database is locked" as soon as two of them meet.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
            "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-8000;PRAGMA temp_store=MEMORY"
        ),
    }
    _database["TEST"] = {"NAME": STATE_DIR / "test.sqlite3"}  # a file: parallel connections meet
elif _database["ENGINE"].endswith("postgresql"):
    _database["CONN_MAX_AGE"] = 0
    # As many as threads, so none waits for another: only for a server that is away, and not long.
    _database["OPTIONS"].setdefault("pool", {"min_size": 1, "max_size": 16, "timeout": 3})
    # Of statements that can be kept by a connection, each is at once; see `ready_cursor`.
    _database["OPTIONS"].setdefault("prepare_threshold", 0)

# --- Mail -----------------------------------------------------------------------------------

globals().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 10  # seconds, of each wait
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "EMAIL_FROM", default=f"cloudpilot@{urlsplit(PUBLIC_URL).hostname}"
)

# --- Accounts -------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = [
    "users.hashers.SlimArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIMPLE_JWT = {
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ALGORITHM": "HS256",
    "ISSUER": "cloudpilot",
    "AUDIENCE": "cloudpilot",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "UPDATE_LAST_LOGIN": False,
}

# Limits of contract.md: how many in how many seconds.
LIMITS = {
    "failed_logins_per_account": (10, 300),
    "failed_logins_per_address": (30, 300),
    "registrations_per_address": (200, 3600),
    "connection_tests_per_company": (60, 60),
    "credential_checks_per_company": (60, 60),
    "private_keys_shown_per_user": (10, 3600),
    "notification_trials_per_company": (30, 3600),
    "wrong_guest_keys_per_address": (30, 60),
    "wrong_mesh_credentials_per_address": (30, 60),
    "wrong_mesh_credentials_per_device": (10, 300),
    "wrong_master_keys_per_address": (30, 60),
    "mesh_sign_ups_per_address": (60, 600),
    "wrong_vouchers_per_device": (10, 60),
    "wrong_vouchers_per_router_key": (30, 60),
    "wrong_vouchers_per_address": (300, 60),  # which several cafés may share
    "wrong_vouchers_in_all": (6000, 60),
    # What we ask a payment provider with one company's keys, beside the charges themselves.
    "provider_questions_per_account": (50, 10),
    "provider_reports_per_account": (20, 10),
    "charges_per_phone": (3, 600),
    "charges_per_device": (3, 600),
    "charges_per_address": (1000, 600),  # which several cafés may share
    "wrong_receipts_per_phone": (5, 600),
    "wrong_receipts_per_device": (5, 600),
    "wrong_receipts_per_router_key": (30, 600),
    "wrong_receipts_per_address": (300, 600),
}

# --- Desired state --------------------------------------------------------------------------

RECONCILE_LEASE_SECONDS = 30  # a process that dies keeps others from a router for so long
RECONCILE_REVERT_SECONDS = 60  # a change that is not confirmed by then is taken back
RECONCILE_CONFIRM_SECONDS = 20  # how long we try to be back to confirm; well below the above

# --- The API --------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.authentication.AccessTokenAuthentication",
        "users.authentication.KeyPairAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "cloudpilot.parsers.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cloudpilot.negotiation.AlwaysJson",
    "DEFAULT_PAGINATION_CLASS": "cloudpilot.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "cloudpilot.openapi.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "cloudpilot.api.render_problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Bodies, in bytes: of any path, and of those that begin otherwise. Django's own two limits are as
# high as ours go, so that no body is written to a disk: a list of routers holds passwords.
LARGEST_BODY = 1_048_576
LARGEST_BODIES = {"routers/imports/": 2_621_440, "payments/webhooks/": 65_536}
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = max(LARGEST_BODIES.values())

SPECTACULAR_SETTINGS = {
    "TITLE": "CloudPilot API",
    "DESCRIPTION": "Sells and runs internet access on MikroTik routers, from anywhere.",
    "VERSION": "0.1.0",
    "LICENSE": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    # Closed groups: of more than a hundred operations at once Swagger UI shows the first few alone.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none"},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/",
    "ENUM_NAME_OVERRIDES": {
        "VoucherStateEnum": "hotspot.states.State",
        "JobState": "cloudpilot.jobs.models.Job.State",
        "BulkCommandState": ["running", "done", "cancelled"],
        "BulkResultState": "routers.models.CommandResult.State",
        "RouterImportState": "routers.models.RouterImport.State",
        "PaymentProvider": "payments.providers.NAMES",
        "PaymentEnvironment": "payments.models.credentials.ENVIRONMENTS",
        "PaymentState": "payments.states.State",
        "PaymentStatus": "payments.states.Status",
        "WebhookDeliveryState": "payments.models.Delivery.State",
        "MeshMapState": ["up", "silent", "never", "pending"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cloudpilot.openapi.add_error_responses",
    ],
}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "x-api-key",
    "x-private-key",
)
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Retry-After",
    "X-Request-ID",
    "X-Total-Count",
]

# --- Transport security ---------------------------------------------------------------------

_https = urlsplit(PUBLIC_URL).scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False  # the rest of the domain is not ours
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if _https:
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: see above
    "security.W008",  # a redirect comes too late for a key that was already sent in clear
    "security.W021",  # HSTS preload: see above
]

# --- The rest -------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a folder that is not there
WHITENOISE_USE_FINDERS = True  # Swagger UI and the console work with no `collectstatic`

# Beginnings of paths after which a secret follows, up to the next slash: no log has it.
PATHS_TO_SECRETS = r"/portal/purchases/(?!lookup\b)|/payments/webhooks/[^/]*/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "cloudpilot.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "urllib3": {
            "level": "WARNING"
        },  # its lines of requests name paths, and Telegram's hold keys
        "celery": {"level": "WARNING"},  # one line a job comes from `cloudpilot.jobs`
        # One line a request comes from `cloudpilot.request`. Django's own lines repeat it, and
        # the development server's carries the query string.
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.request": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "django.security": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
    },
}
