"""Settings from the environment and ``.env``; each is documented in ``.env.example``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from gateway import databases, environment, keys, mail, site
from monitoring.api import openapi

BASE_DIR = Path(__file__).resolve().parent.parent
READ = environment.Reader(environment.current())
PROVIDER_ENVIRON = "gateway.environment.current"  # where the admin finds what the environment sets

# --- where and what ----------------------------------------------------------------------------
HOST = READ.text("HOST", "127.0.0.1")
PORT = READ.whole("PORT", 4000, most=65535)
DATA_DIR = keys.private_directory(Path(READ.text("DATA_DIR") or BASE_DIR / "var").resolve())
DATABASE_URL = READ.text("DATABASE_URL")
REDIS_URL = READ.text("REDIS_URL")
DATABASES = {"default": databases.database(DATABASE_URL, DATA_DIR)}
POSTGRES = DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
EMBEDDED = not REDIS_URL  # worker and beat inside the one process
if REDIS_URL and not POSTGRES:
    raise ImproperlyConfigured(
        "REDIS_URL is set but DATABASE_URL names no PostgreSQL: with Redis, workers and more web processes run apart "
        "and cannot share the one process's SQLite file. Set both, or neither."
    )
if REDIS_URL and urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
DEBUG = READ.flag("DEBUG", False)
SHUTDOWN_GRACE = READ.whole("SHUTDOWN_GRACE", 10, least=1)  # seconds that running calls get at the end

ENCRYPTION_KEYS = keys.encryption_keys(DATA_DIR, READ.words("ENCRYPTION_KEYS"), shared=POSTGRES)
SECRET_KEY = keys.secret_key(DATA_DIR, READ.text("SECRET_KEY"), ENCRYPTION_KEYS, shared=POSTGRES)
ENCRYPTED_COLUMNS = ["monitoring.RequestContent.sealed"]  # beside every encrypted field; keys rotate there too
BOOTSTRAP_ADMIN_PASSWORD = READ.text("BOOTSTRAP_ADMIN_PASSWORD")
BOOTSTRAP_API_KEY = READ.text("BOOTSTRAP_API_KEY")

ALLOWED_HOSTS = READ.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = READ.words("CSRF_TRUSTED_ORIGINS")
for _origin in CSRF_TRUSTED_ORIGINS:
    if not urlsplit(_origin).scheme or not urlsplit(_origin).netloc:
        raise ImproperlyConfigured(
            f"CSRF_TRUSTED_ORIGINS={_origin!r}: write it with its scheme, as https://example.org."
        )
CSRF_FAILURE_VIEW = "gateway.refusals.refused_form"
TRUST_PROXY = READ.flag("TRUST_PROXY", False)

# --- the gateway -------------------------------------------------------------------------------
TOKEN_COOLDOWN = READ.number("TOKEN_COOLDOWN", 60)  # seconds a token rests after a 429 without Retry-After; 0: never
MAX_BODY_BYTES = READ.whole("MAX_BODY_BYTES", 32 * 1024 * 1024, least=1024)
_anonymous = READ.choice("ANONYMOUS_ACCESS", "off", ("off", "on", "force", "0", "1"))
ANONYMOUS_ACCESS = {"0": "off", "1": "on"}.get(_anonymous, _anonymous)
DEMO_BY_DEFAULT = not DATABASE_URL  # DEMO_ENABLED is read like any other provider's variable
JOURNAL_DIR = DATA_DIR / "journal"
CACHE_DIR = DATA_DIR / "cache"  # answers on disk, where the cache settings keep some there
JOURNAL_FSYNC_MS = READ.whole("JOURNAL_FSYNC_MS", 1000)
JOURNAL_SEGMENT_BYTES = READ.whole("JOURNAL_SEGMENT_BYTES", 16 * 1024 * 1024, least=4096)
PUBLIC_URL = READ.text("PUBLIC_URL").rstrip("/")  # for links in alerts
if PUBLIC_URL and (urlsplit(PUBLIC_URL).scheme not in {"http", "https"} or not urlsplit(PUBLIC_URL).hostname):
    raise ImproperlyConfigured("PUBLIC_URL must be an address as https://switchboard.example.org.")
METRICS_TOKEN = READ.text("METRICS_TOKEN")  # what Prometheus may send instead of an API key
PROVIDER_LOG_LEVEL = READ.choice("PROVIDER_LOG_LEVEL", "info", ("debug", "info", "warning", "error"))
PROVIDER_LOG_FILES = READ.whole("PROVIDER_LOG_FILES", 5)  # of 10 MB, for each provider and process; 0: none
MONITORING_API_RATE = READ.whole("MONITORING_API_RATE", 600)  # requests a minute of one key or person; 0: any
LOG_RETENTION_DAYS = READ.whole("LOG_RETENTION_DAYS", 90)  # 0 keeps everything
TOKEN_TEST_MINUTES = READ.number("TOKEN_TEST_MINUTES", 60)  # 0: no tests at start or on schedule

# --- Django ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "providers.apps.ProvidersConfig",
    "gateway.apps.GatewayConfig",
    "monitoring.apps.MonitoringConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "gateway.urls"
ASGI_APPLICATION = "gateway.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "switchboard"},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/admin/"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
SESSION_COOKIE_HTTPONLY = True
DEFAULT_EXCEPTION_REPORTER_FILTER = "gateway.refusals.ReportFilter"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

# --- mail --------------------------------------------------------------------------------------
EMAIL_URL = READ.text("EMAIL_URL")
_mail = mail.mail_server(EMAIL_URL)
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = (_mail.get(name) for name in ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = mail.PATIENCE
DEFAULT_FROM_EMAIL = SERVER_EMAIL = READ.text("EMAIL_FROM", "switchboard@localhost")

# --- Celery ------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {} if REDIS_URL else {"polling_interval": 0.1}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# --- logging -----------------------------------------------------------------------------------
LOG_LEVEL = READ.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "switchboard": {"level": LOG_LEVEL},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # gateway.refusals logs a line without a traceback
    },
}

UNFOLD = site.UNFOLD
SPECTACULAR_SETTINGS = openapi.SPECTACULAR_SETTINGS
