"""What Alembic runs for each migration. `database.py` hands over a connection that is inside a transaction."""

from alembic import context

from watchglass.store.schema import ORIGINALS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ORIGINALS,
    transactional_ddl=True,  # SQLite can, once pysqlite's own transactions are off
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
