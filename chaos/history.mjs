// @ts-check
import { Lives } from "./lives.mjs";

/**
 * The history of a round: everything that this process saw, in the order in which it saw it. The checker judges by it.
 * A tick is a number in that order.
 *
 * @typedef {{ epoch: string, offset: number }} Position
 *
 * @typedef {object} Attempt a call of `publish`
 * @property {string} node the process of the node; a restarted node is another process
 * @property {number} began in ticks
 * @property {number} [answered] in ticks
 * @property {string} [id] the acknowledged ID
 * @property {Position} [position] the position that the log gave it
 * @property {string} [error]
 *
 * @typedef {object} PublishedEvent
 * @property {number} key its index in the list of events
 * @property {number} publisher
 * @property {readonly string[] | undefined} topics
 * @property {string | undefined} ownId
 * @property {number} extraLength additional characters of its data
 * @property {{ number: number, index: number, size: number }} [batch] the call of `publishAll` that published it, if
 * there was one, its index there, and the number of events
 * @property {Attempt[]} attempts
 *
 * @typedef {import("./seen.d.mts").GapSeen} GapSeen
 * @typedef {import("./seen.d.mts").Seen} Seen
 * @typedef {import("./seen.d.mts").SubscriberHistory} SubscriberHistory
 *
 * @typedef {object} FollowerHistory
 * @property {number[]} answers the status of each response
 * @property {string[]} ends the types of the events that ended the job
 * @property {number} gaps
 *
 * @typedef {{ id: string, node: string, began: number, followers: FollowerHistory[] }} JobHistory
 *
 * @typedef {object} ConnectionHistory an event stream of a subscriber
 * @property {number} number
 * @property {string} user
 * @property {string} node the process that serves it
 * @property {number} [opened] the tick at which the subscriber saw its head
 * @property {string} [ended] the close reason that its node reported; `"gone"` if the node ended
 * @property {number} [endedAt] in ticks
 * @property {boolean} [isLeft] true if the subscriber closed it itself
 *
 * @typedef {object} DisconnectHistory a call of `disconnect` for a user's streams on all nodes
 * @property {string} user
 * @property {string} node the process that was called
 * @property {number} began in ticks
 * @property {number} [answered] in ticks
 * @property {string} [error]
 * @property {ConnectionHistory[]} open the user's streams that were open before
 * @property {number} [quietSince] the tick since which no fault was active, so that little else ended them
 *
 * @typedef {{ began: number, ended: number }} LossHistory the time in which the store lost data, in ticks
 * @typedef {{ node: string, tick: number, isOver: boolean }} OutageHistory
 * @typedef {import("./lives.mjs").LifeSeen} LifeSeen
 */
export class History {
  /** The channel whose events these are. */
  channel;
  /** @type {PublishedEvent[]} */
  events = [];
  /** @type {SubscriberHistory[]} */
  subscribers = [];
  /** @type {JobHistory[]} */
  jobs = [];
  /** By number. @type {ConnectionHistory[]} */
  connections = [];
  /** @type {DisconnectHistory[]} */
  disconnects = [];
  /** Descriptions of wrong presence that nodes still reported long after the last fault. @type {string[]} */
  disagreements = [];
  /** Faults of the second channel of combined streams. @type {string[]} */
  sideFaults = [];
  /** @type {LossHistory[]} */
  losses = [];
  /** The restarts of the store, with their data or without. @type {LossHistory[]} */
  restarts = [];
  /** @type {import("./clients/deleter.mjs").DeletionHistory[]} */
  deletions = [];
  /** The number of events that the log keeps. */
  retained = Number.POSITIVE_INFINITY;
  /** True if faults made the store lose data. Gaps may then report the loss. */
  storeLostData = false;
  /** True if the store itself shows a loss, even if no process is left that knew the lost events. */
  showsLoss = false;
  /**
   * Calls that a node never answered, although it ran all the time.
   * @type {{ call: string, node: string, began: number }[]}
   */
  unanswered = [];
  /** Moments at which a process opened the log. @type {{ process: string, epoch: string, tick: number }[]} */
  openings = [];
  /** Moments at which a process reported that its log is out of reach, or works again. @type {OutageHistory[]} */
  outages = [];
  /** Processes of nodes that ended unexpectedly, with their last output. @type {string[]} */
  crashes = [];
  /** A log of the round, for the report. @type {{ tick: number, text: string }[]} */
  notes = [];
  /** The histories of all channels of the round. @type {History[]} */
  channels = [this];
  #clock;
  #lives = new Lives();

  /** @param {string} [channel] @param {{ tick: number }} [clock] the clock of the round */
  constructor(channel = "chaos", clock = { tick: 0 }) {
    this.channel = channel;
    this.#clock = clock;
  }

  /** Returns the history of another channel of the same round, on the same store. @param {string} channel */
  ofChannel(channel) {
    const other = new History(channel, this.#clock);
    const { notes, losses, restarts, channels, storeLostData, showsLoss } = this;
    channels.push(other);
    return Object.assign(other, { notes, losses, restarts, channels, storeLostData, showsLoss });
  }

  /** Returns the next tick. */
  tick() {
    return ++this.#clock.tick;
  }

  /** @param {string} text */
  note(text) {
    this.notes.push({ tick: this.tick(), text });
  }

  /** @param {Pick<PublishedEvent, "publisher" | "topics" | "ownId" | "batch"> & { extraLength?: number }} fields */
  addEvent({ publisher, topics, ownId, batch, extraLength = 0 }) {
    /** @type {PublishedEvent} */
    const event = { key: this.events.length, publisher, topics, ownId, extraLength, attempts: [] };
    if (batch !== undefined) event.batch = batch;
    this.events.push(event);
    return event;
  }

  /**
   * Adds the events of one call of `publishAll`.
   * @param {Pick<PublishedEvent, "publisher" | "topics">} fields
   * @param {number} size
   */
  addBatch(fields, size) {
    const number = this.events.length;
    return Array.from({ length: size }, (_, index) =>
      this.addEvent({ ...fields, ownId: undefined, batch: { number, index, size } }),
    );
  }

  /** @param {string} name @param {SubscriberHistory["topics"]} topics */
  addSubscriber(name, topics) {
    /** @type {SubscriberHistory} */
    const subscriber = { name, topics, seen: [] };
    this.subscribers.push(subscriber);
    return subscriber;
  }

  /** @param {string} node the process that runs the job */
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

  /** Records the end of a stream. The first reason stands. @param {number} number @param {string} reason */
  endConnection(number, reason) {
    const connection = this.connections[number];
    if (connection === undefined || connection.ended !== undefined) return;
    connection.ended = reason;
    connection.endedAt = this.tick();
  }

  /** Records the end of a process, and with it the end of its streams. @param {string} node */
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

  /** @param {string} node the process @param {boolean} isOver true if its log works again */
  addOutage(node, isOver) {
    this.outages.push({ node, tick: this.tick(), isOver });
  }

  /** The lives of the log, in order. @returns {LifeSeen[]} */
  get lives() {
    return this.#lives.all;
  }

  /**
   * Records that a process entered a life of the log.
   * @param {string} epoch
   * @param {Record<string, number>} holds see {@link LifeSeen}
   * @param {string} process
   * @param {boolean} [isOpening] true if it opened the log: from before, it knows only what this life holds
   */
  addLife(epoch, holds, process, isOpening = false) {
    if (isOpening) this.openings.push({ process, epoch, tick: this.tick() });
    this.#lives.enter(process, { epoch, holds, tick: this.tick() });
  }
}

/**
 * Returns true if the subscriber has seen the head, and the node has not reported the end.
 * @param {ConnectionHistory} connection
 */
export function isOpen({ opened, ended }) {
  return opened !== undefined && ended === undefined;
}

/** Returns true if at least one attempt was acknowledged. @param {PublishedEvent} event */
export function isAcknowledged(event) {
  return event.attempts.some(({ id }) => id !== undefined);
}

/**
 * Returns true if a subscriber with these topics must receive the event.
 * @param {PublishedEvent} event
 * @param {SubscriberHistory["topics"]} topics
 */
export function isWanted(event, topics) {
  return event.topics === undefined || topics === "*" || event.topics.some((topic) => topics?.includes(topic));
}
