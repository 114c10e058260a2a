"""What runs without any server to install: a PostgreSQL from a wheel, files and mail in `var/`."""

import os
import secrets
from urllib.parse import parse_qsl, unquote, urlsplit


def secret_key(var_dir):
    """A key of this installation's own, made on first use and kept outside the repository."""
    path = var_dir / "secret_key"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def database(url, var_dir):
    """Django's database settings for a PostgreSQL URL, or for the embedded server when there is none."""
    if not url:
        from crm import embedded_postgres

        url = embedded_postgres.start(var_dir)
    parts = urlsplit(url)
    options = {"connect_timeout": "5"} | dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def mail_settings(url, var_dir):
    """SMTP settings from `smtp://user:password@host:port` (`smtps://`: TLS); without a URL mail lands in `var/mail`."""
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": var_dir / "mail",
        }
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtps" and parts.port != 465,
        "EMAIL_USE_SSL": parts.scheme == "smtps" and parts.port == 465,
    }
