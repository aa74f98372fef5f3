// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_open.c — the database that the operator chose. */
#include "server/settings.h"
#include "server/store.h"

int store_open(struct db **ret, const struct settings *settings, struct err *err)
{
	struct db *db = NULL;
	int r = settings->database_path[0]
		    ? db_sqlite_open(&db, settings->database_path, err)
		    : db_postgres_open(&db, settings->database_url,
				       (size_t)settings->database_connections, err);

	r = r ? r : store_migrate(db, err);
	if (r < 0)
		db_close(db);
	else
		*ret = db;
	return r;
}
