"""The steps from an older schema to ours, by Alembic. Imported only where there is a step to take: it costs every process
that starts a fifth of a second, and who records must be back soon.
"""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(connection: sa.Connection, migrations: str, folder: str) -> None:
    """Take all steps of `migrations`, in the transaction of `connection`. `folder` is the UUID of the data folder."""
    config = Config()
    config.set_main_option("script_location", migrations.replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["folder"] = folder
    command.upgrade(config, "head")
