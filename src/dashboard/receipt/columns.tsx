/** Lists the columns of a row. */

/** The order of contract 7.1 and 7.2; other columns follow. */
const ORDER = [
  "id",
  "event_id",
  "event_type",
  "known_event_type",
  "source",
  "occurred_at",
  "received_at",
  "stored_at",
  "enriched_at",
  "entity_type",
  "entity_id",
  "session_id",
  "actor_id",
  "actor_type",
  "user_id",
  "creator_id",
  "brand_id",
  "user_role",
  "props",
  "attribution",
  "idempotency_key",
];

/** Props of `Columns`. */
export interface ColumnsProps {
  readonly title: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** A titled list of column names and values; JSON is indented. */
export function Columns({ title, columns }: ColumnsProps) {
  return (
    <section class="row-columns">
      <h3>{title}</h3>
      <dl>
        {Object.entries(columns).toSorted(([a], [b]) => rank(a) - rank(b)).map(([name, value]) => (
          <div key={name} class={typeof value === "object" && value !== null ? "wide" : ""}>
            <dt>{name}</dt>
            <dd>{render(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function rank(name: string): number {
  const i = ORDER.indexOf(name);
  return i < 0 ? ORDER.length : i;
}

function render(value: unknown) {
  if (value === null || value === undefined) return <span class="null">null</span>;
  if (typeof value === "object") return <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
  return String(value);
}
