// The architecture as rules, checked by `npm run check`; there is no baseline of exceptions.
const layers = [
  ['platform', '^server/platform/'],
  ['entitlements', '^server/entitlements/'],
  ['eventlog', '^server/eventlog/'],
  ['stores', '^server/stores/'],
  ['tenancy', '^server/tenancy/'],
  ['authz', '^server/authz/'],
  ['query', '^server/query/'],
  ['procedure', '^server/procedure/'],
  ['modules', '^server/modules/'],
  ['router', '^server/router\\.ts$'],
]
/** query and authz stand side by side, as do eventlog, entitlements and platform's neighbours: only platform is below all. */
const rank = {
  platform: 0,
  entitlements: 1,
  eventlog: 1,
  stores: 2,
  tenancy: 3,
  authz: 4,
  query: 4,
  procedure: 5,
  modules: 6,
  router: 7,
}
const upward = layers.flatMap(([from, fromPath]) =>
  layers
    .filter(([to]) => to !== from && rank[to] >= rank[from])
    .map(([to, toPath]) => ({
      name: `server-${from}-not-to-${to}`,
      comment:
        'Inside server every arrow runs down: router, modules, procedure, query and authz, tenancy, stores, eventlog and entitlements, platform.',
      severity: 'error',
      from: { path: fromPath, pathNot: '\\.test\\.ts$' },
      to: { path: toPath },
    })),
)
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means two rooms are one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'server-not-to-app-or-workers',
      severity: 'error',
      from: { path: '^server/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(app|workers|cli|bench|e2e)/' },
    },
    {
      name: 'app-not-to-workers',
      severity: 'error',
      from: { path: '^app/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^(workers|cli|bench|e2e)/' },
    },
    {
      name: 'workers-not-to-app',
      severity: 'error',
      from: { path: '^workers/', pathNot: '\\.test\\.ts$|/testing' },
      to: { path: '^(app|cli|bench|e2e)/' },
    },
    {
      name: 'app-never-touches-a-database-client',
      severity: 'error',
      from: { path: '^app/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^server/(stores|tenancy|eventlog)/|node_modules/(@clickhouse|@prisma|pg)/|prisma/generated' },
    },
    {
      name: 'modules-only-through-their-index',
      comment: 'A module shows index.ts, and hot.ts to the hot path; its router only to server/router.ts.',
      severity: 'error',
      from: {
        path: '^(app|workers|cli|bench|server/(?!modules/)|server/modules/([^/]+)/)',
        pathNot: '^server/router\\.ts$|\\.test\\.ts$',
      },
      to: {
        path: '^server/modules/[^/]+/.+',
        pathNot: ['^server/modules/[^/]+/(index|hot)\\.ts$', '^server/modules/$2/'],
      },
    },
    {
      name: 'only-the-root-router-imports-routers',
      severity: 'error',
      from: { path: '^(app|workers|cli|server)/', pathNot: '^server/router\\.ts$|\\.test\\.ts$' },
      to: { path: '^server/modules/[^/]+/router\\.ts$' },
    },
    {
      name: 'engine-is-pure',
      comment: 'The same rules decide, explain and replay, so they may know neither clock, store nor network.',
      severity: 'error',
      from: { path: '^server/modules/attribution/engine/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^server/modules/attribution/engine/|node_modules/zod' },
    },
    {
      name: 'collector-stays-light',
      comment: 'No ORM and no web framework on the hot path.',
      severity: 'error',
      from: { path: '^workers/collector/', pathNot: '\\.test\\.ts$' },
      to: { path: 'prisma/generated|node_modules/(@prisma|next|@trpc)/', reachable: true },
    },
    {
      name: 'sdk-is-an-island',
      comment:
        "It runs in other people's apps: it brings nothing of ours along, and nothing of ours needs its sources.",
      severity: 'error',
      from: { path: '^sdk/', pathNot: '^sdk/build\\.ts$|\\.test\\.ts$' },
      to: { pathNot: '^sdk/' },
    },
    {
      name: 'sdk-is-not-a-library-of-ours',
      severity: 'error',
      from: { path: '^(app|server|workers)/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^sdk/' },
    },
    ...upward,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(generated|\\.next)/|^sdk/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
