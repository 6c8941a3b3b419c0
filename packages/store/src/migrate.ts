/**
 * Brings a database to the current schema. Safe from several processes at once: they wait for each other.
 * @param log told each migration that ran.
 * @throws Error with the migration's name and PostgreSQL's reason.
 */
export declare function migrate(databaseUrl: string, log?: (line: string) => void): Promise<void>;
