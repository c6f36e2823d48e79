/** The environment of children: a home of their own, nothing to call home with, no credentials. */
export function quietEnv(home: string): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, LANG } = process.env;
  const kept = Object.entries({ PATH, TMPDIR, LANG }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_WRITE_LOGS: "false",
    // Otherwise the local runtime asks Cloudflare where in the world it is.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    NO_UPDATE_NOTIFIER: "1",
  };
}
