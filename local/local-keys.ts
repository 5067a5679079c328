// The keys of local mode. They are public: nothing that holds them may be reachable from beyond loopback.

export const LocalKeys = {
  plugin: { id: 'local-plugin', secret: 'local-plugin-secret' },
  ops: { id: 'local-ops', secret: 'local-ops-secret' },
  callback: { id: 'backend', secret: 'local-callback-secret' },
} as const;
