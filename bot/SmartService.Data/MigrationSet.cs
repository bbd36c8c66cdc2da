using System.Reflection;

namespace SmartService.Data;

/// <summary>
/// The numbered scripts of one component: embedded resources named <c>….Migrations.0001_name.sql</c>, or
/// <c>….0001_name.sqlite.sql</c> and <c>….0001_name.postgres.sql</c> where the kinds differ.
/// </summary>
/// <param name="Component">Name under which applied numbers are remembered.</param>
/// <param name="Assembly">Where the resources are.</param>
public sealed record MigrationSet(string Component, Assembly Assembly);
