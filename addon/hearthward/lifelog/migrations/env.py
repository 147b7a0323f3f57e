"""Run migrations on the connection that the store hands over."""

from alembic import context

from hearthward.lifelog.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
