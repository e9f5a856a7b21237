"""A GitHub that is not: GraphQL and a few REST routes over a fictional population, as ill-behaved as the real one."""
