// Stands in for the migration.
console.log(`migrating ${process.env['DATABASE_URL']}`);
