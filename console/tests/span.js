/**
 * A span of which nothing is told but its place in a trace and when it was: `from` and `to` in milliseconds after `begin`, which is in
 * microseconds since 1970.
 */
export function span(id, parent, begin, from, to, more = {}) {
  return {
    span_id: id,
    parent_id: parent,
    service: 'portal',
    instance: '',
    name: id,
    kind: 'internal',
    work: 'other',
    start: begin + from * 1000,
    seconds: (to - from) / 1000,
    error: false,
    status: 0,
    scope: '',
    system: '',
    peer: '',
    detail: '',
    message: '',
    attributes: null,
    resource: null,
    events: [],
    ...more,
  };
}
