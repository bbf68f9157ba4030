# Production: only what the product needs, no private servers, no tests, no root.
FROM python:3.13-slim-bookworm AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
COPY pyproject.toml requirements.lock ./
# As constraints the locked versions and their hashes bind what pyproject.toml asks for, extras left out.
RUN python -m venv /venv \
 && awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > /uv.lock \
 && pip install --no-cache-dir --require-hashes --requirement /uv.lock \
 && uv pip install --no-cache --python /venv/bin/python --constraint requirements.lock --requirement pyproject.toml
COPY . .
# The values are there only so that the settings load; they reach no later stage.
RUN SECRET_KEY=build DATABASE_URL=postgres:///build REDIS_URL=redis://build \
    /venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home rendan && install --directory --owner=rendan /beat
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", "--access-logfile=-", "--no-control-socket"]
