// @ts-check
/**
 * Everything that was seen during a round, in the order in which this process saw it: what the checker judges by.
 *
 * @typedef {{ epoch: string, offset: number }} Position
 *
 * @typedef {object} Attempt one call of `publish`
 * @property {string} node which process of a node: a node that was started anew is another
 * @property {number} began when, in ticks
 * @property {number} [answered]
 * @property {string} [id] the ID it was acknowledged with
 * @property {Position} [position] where the log said that it is
 * @property {string} [error]
 *
 * @typedef {object} PublishedEvent
 * @property {number} key its place in the list of events
 * @property {number} publisher
 * @property {readonly string[] | undefined} topics
 * @property {string | undefined} ownId
 * @property {number} extraLength of its data, in characters
 * @property {Attempt[]} attempts
 *
 * @typedef {{ kind: "opened", tick: number, node: string, lastEventId: string }} Opened
 * @typedef {{ kind: "closed", tick: number, why: string }} Closed
 * @typedef {{ kind: "position", tick: number, id: string }} PositionSeen a block that is only a position
 * @typedef {{ kind: "event", tick: number, id: string, key: number, intact: boolean }} EventSeen
 * @typedef {{ kind: "gap", tick: number, id: string, before: string, reason: string, lastEventId: string, resumesAfter: string }} GapSeen
 *   `before`: the client's last event ID when it came
 * @typedef {Opened | Closed | PositionSeen | EventSeen | GapSeen} Seen
 *
 * @typedef {object} SubscriberHistory
 * @property {string} name
 * @property {readonly string[] | "*" | undefined} topics
 * @property {Seen[]} seen
 *
 * @typedef {{ answers: number[], ends: string[], gaps: number }} FollowerHistory the status of each answer, and the types of events that ended the job
 * @typedef {{ id: string, node: string, began: number, followers: FollowerHistory[] }} JobHistory
 *
 * @typedef {object} ConnectionHistory one event stream of a subscriber
 * @property {number} number
 * @property {string} user that it is opened for
 * @property {string} node the process that it reached
 * @property {number} [opened] when the subscriber saw its head, in ticks
 * @property {string} [ended] the reason that its node told; `"gone"`: the node was
 * @property {number} [endedAt] in ticks
 *
 * @typedef {object} DisconnectHistory one call of `disconnect` for the streams of a user on all nodes
 * @property {string} user
 * @property {string} node the process that was called
 * @property {number} began in ticks
 * @property {number} [answered] in ticks
 * @property {string} [error] what it was rejected with
 * @property {ConnectionHistory[]} open those of the user that were open before
 * @property {boolean} [inCalm] whether nothing was broken, so that nothing else ended them
 *
 * @typedef {{ began: number, ended: number }} LossHistory from when to when the store lost what it had, in ticks
 *
 * @typedef {{ epoch: string, holds: Map<string, number>, tick: number, seenBy: Set<string> }} LifeSeen a life of the log, and which
 *   processes of nodes have been in it
 */
export class History {
  /** @type {PublishedEvent[]} */
  events = [];
  /** @type {SubscriberHistory[]} */
  subscribers = [];
  /** In the order in which they were first heard of. @type {LifeSeen[]} */
  lives = [];
  /** @type {JobHistory[]} */
  jobs = [];
  /** By number. @type {ConnectionHistory[]} */
  connections = [];
  /** @type {DisconnectHistory[]} */
  disconnects = [];
  /** Where nodes said something else of who is connected than what was so, and said it for long after all was quiet. @type {string[]} */
  disagreements = [];
  /** @type {LossHistory[]} */
  losses = [];
  /** Events that the log may keep. */
  retained = Number.POSITIVE_INFINITY;
  /** Whether the store was made to lose data, so that a gap may be told for that. */
  storeLostData = false;
  /** Whether the store itself shows that it lost data, also when nobody is left who knew what it had. */
  showsLoss = false;
  /** Calls of `publish` that a node which ran all the time left without an answer. @type {Attempt[]} */
  unanswered = [];
  /** Processes of nodes that ended without having been told to, and what they said. @type {string[]} */
  crashes = [];
  /** What happened to whom, for people to read. @type {{ tick: number, text: string }[]} */
  notes = [];
  #tick = 0;

  tick() {
    return ++this.#tick;
  }

  /** @param {string} text */
  note(text) {
    this.notes.push({ tick: this.tick(), text });
  }

  /** @param {Pick<PublishedEvent, "publisher" | "topics" | "ownId"> & { extraLength?: number }} about it */
  addEvent({ publisher, topics, ownId, extraLength = 0 }) {
    /** @type {PublishedEvent} */
    const event = { key: this.events.length, publisher, topics, ownId, extraLength, attempts: [] };
    this.events.push(event);
    return event;
  }

  /** @param {string} name @param {SubscriberHistory["topics"]} topics */
  addSubscriber(name, topics) {
    /** @type {SubscriberHistory} */
    const subscriber = { name, topics, seen: [] };
    this.subscribers.push(subscriber);
    return subscriber;
  }

  /** @param {string} node the process that runs it */
  addJob(node) {
    /** @type {JobHistory} */
    const job = { id: `job-${this.jobs.length}`, node, began: this.tick(), followers: [] };
    this.jobs.push(job);
    return job;
  }

  /** @param {string} user @param {string} node */
  addConnection(user, node) {
    /** @type {ConnectionHistory} */
    const connection = { number: this.connections.length, user, node };
    this.connections.push(connection);
    return connection;
  }

  /** @param {number} number @param {string} reason */
  endConnection(number, reason) {
    const connection = this.connections[number];
    if (connection === undefined || connection.ended !== undefined) return;
    connection.ended = reason;
    connection.endedAt = this.tick();
  }

  /** A process is no more, and with it its streams. @param {string} node */
  endProcess(node) {
    for (const connection of this.connections)
      if (connection.node === node) this.endConnection(connection.number, "gone");
  }

  /** @param {string} user @param {string} node */
  addDisconnect(user, node) {
    const open = this.connections.filter((each) => each.user === user && isOpen(each));
    /** @type {DisconnectHistory} */
    const disconnect = { user, node, began: this.tick(), open };
    this.disconnects.push(disconnect);
    return disconnect;
  }

  /**
   * @param {string} epoch
   * @param {Record<string, number>} holds the offset up to which positions of earlier epochs hold
   * @param {string} process that told it
   */
  addLife(epoch, holds, process) {
    let life = this.lives.find((known) => known.epoch === epoch);
    if (life === undefined) {
      life = { epoch, holds: new Map(), tick: this.tick(), seenBy: new Set() };
      this.lives.push(life);
    }
    life.seenBy.add(process);
    // Of an epoch whose events are all trimmed a log need not know any more; what it once said stays true.
    for (const [earlier, through] of Object.entries(holds)) {
      if (!life.holds.has(earlier)) life.holds.set(earlier, through);
    }
  }
}

/** Whether its subscriber has seen its head, and its node not told of its end. @param {ConnectionHistory} connection */
export function isOpen({ opened, ended }) {
  return opened !== undefined && ended === undefined;
}

/** Whether somebody acknowledged it. @param {PublishedEvent} event */
export function isAcknowledged(event) {
  return event.attempts.some(({ id }) => id !== undefined);
}

/** Whether somebody who subscribed to these topics is to get it. @param {PublishedEvent} event @param {SubscriberHistory["topics"]} topics */
export function isWanted(event, topics) {
  return event.topics === undefined || topics === "*" || event.topics.some((topic) => topics?.includes(topic));
}
