<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * The session of one page: reads it once, and stores at the end what the page has changed.
 * Adapters translate the calls of their framework into calls of this class.
 */
final class Page
{
    private const TRIES = 3;

    private readonly Service $service;
    private readonly Values $values;
    private readonly Names $names;

    /** The id of the session that is open, or null. */
    private ?string $id = null;

    /** What is stored under the id, or null if nothing is. */
    private ?Snapshot $snapshot = null;

    /** Whether the page goes on without the service: nothing is stored. */
    private bool $down = false;

    /**
     * What a new session shows but need not store: the content of a session that was
     * logged out before it got its new id.
     *
     * @var array<string, mixed>
     */
    private array $base = [];

    /**
     * Attributes that the framework does not see and that a copy of the session keeps.
     *
     * @var array<string, object|array<string, mixed>>
     */
    private array $hidden = [];

    /** @var list<string> attributes that count as changed */
    private array $always = [];

    private bool $login = false;

    /** @param string|null $container see Names */
    public function __construct(private readonly Options $options, ?string $container = null)
    {
        $this->service = new Service($options);
        $this->values = new Values($options->objects);
        $this->names = new Names($options->shared, $options->app, $container);
    }

    /**
     * Reads the session of a cookie. Returns false if the text is no id, or nothing is
     * stored under it: then the page needs a new id.
     *
     * @throws Unavailable|Denied
     */
    public function find(#[\SensitiveParameter] string $id): bool
    {
        $this->begin(null);
        if (!Id::isValid($id)) {
            return false;
        }
        try {
            $this->snapshot = $this->read($id, true);
        } catch (Absent $absent) {
            if ($absent->getMessage() !== 'not stored') {
                $this->options->log("a session gets a new id: it is {$absent->getMessage()}");
            }
            return false;
        } catch (Unavailable $failure) {
            if (!$this->options->anonymous()) {
                throw $failure;
            }
            $this->options->log("a page goes on without its session: {$failure->getMessage()}");
            $this->down = true;
        }
        $this->id = $id;
        return true;
    }

    /** Begins a session that is not stored yet. */
    public function begin(#[\SensitiveParameter] ?string $id): void
    {
        $this->id = $id;
        $this->snapshot = null;
        $this->down = $this->login = false;
        $this->base = $this->hidden = $this->always = [];
    }

    /** The id of the session that is open, or null. */
    public function id(): ?string
    {
        return $this->id;
    }

    /** Whether the service has the session that is open. */
    public function isStored(): bool
    {
        return $this->snapshot !== null;
    }

    /**
     * What was read, as the framework's session.
     *
     * @return array<int|string, mixed>
     */
    public function data(): array
    {
        return $this->names->session($this->copied($this->snapshot->visible ?? $this->base));
    }

    /**
     * Says that these keys are stored by the next save even if they have not changed, and
     * that the absolute timeout begins again: a login.
     *
     * @param list<string> $keys
     */
    public function login(array $keys): void
    {
        $this->always = array_map($this->names->attribute(...), $keys);
        $this->login = true;
    }

    /**
     * Stores what has changed. A new and empty session is not stored.
     *
     * @param array<int|string, mixed> $session all of the framework's session
     *
     * @throws SessionException
     */
    public function save(#[\SensitiveParameter] array $session): void
    {
        Values::check($session);
        $attributes = $this->copied($this->names->attributes($session));
        $delta = Delta::between($this->snapshot->visible ?? $this->base, $attributes, $this->always);
        if ($delta->isEmpty() || $this->id === null) {
            return;
        }
        if ($this->down) {
            $this->options->log('the change of a page that went on without its session is dropped');
            return;
        }
        try {
            $this->snapshot === null ? $this->create($this->id, $delta) : $this->update($this->id, $delta);
        } catch (Absent $absent) {
            $this->options->log("the change of a page is dropped: its session is {$absent->getMessage()}");
            $this->begin(null);
        } catch (TooLarge $failure) {
            throw new TooLarge($failure->getMessage() . $this->largest($delta), $failure->limit, $failure->actual, $failure);
        } catch (Refused $failure) {
            // Of the service, which does not know the framework's keys.
            throw $failure->getPrevious() === null ? $failure : new Refused($failure->getMessage() . $this->largest($delta), 0, $failure);
        } catch (Unavailable $failure) {
            if (!$this->options->anonymous() || $this->snapshot !== null) {
                throw $failure;
            }
            $this->options->log("the session of a page is not stored: {$failure->getMessage()}");
        }
        $this->always = [];
        $this->login = false;
    }

    /**
     * Gives the session a new id and deletes the old one, as a login must. If the user has
     * changed, what the framework does not see stays behind.
     *
     * @param array<int|string, mixed> $session all of the framework's session
     */
    public function renew(#[\SensitiveParameter] string $newId, #[\SensitiveParameter] array $session): void
    {
        $old = $this->id;
        $this->id = $newId;
        if ($this->snapshot === null || $old === null) {
            return; // never stored
        }
        if ($this->leavesUser($session)) {
            $this->service->delete($old);
            $this->begin($newId);
            return;
        }
        try {
            $this->snapshot->version = $this->service->rename($old, $newId);
        } catch (Absent $absent) {
            $this->options->log("a new id is that of a new session: the session is {$absent->getMessage()}");
            $this->base = $this->snapshot->visible;
            $this->snapshot = null;
        } catch (Changed $changed) {
            $this->id = $old;
            throw new Conflict('the new id is taken', 0, $changed);
        }
    }

    /**
     * Goes on under a new id, and leaves the old session as it is.
     *
     * @param array<int|string, mixed> $session all of the framework's session
     */
    public function copy(#[\SensitiveParameter] string $newId, #[\SensitiveParameter] array $session): void
    {
        $hidden = [];
        if ($this->snapshot !== null && !$this->leavesUser($session)) {
            $hidden = array_filter($this->snapshot->stored, $this->isCopied(...), ARRAY_FILTER_USE_KEY);
        }
        $down = $this->down;
        $this->begin($newId);
        $this->hidden = $hidden;
        $this->down = $down;
    }

    /** Deletes the session: a logout. An id that is not open is deleted, too. */
    public function delete(#[\SensitiveParameter] string $id): void
    {
        if (Id::isValid($id) && ($id !== $this->id || $this->snapshot !== null || $this->down)) {
            $this->service->delete($id);
        }
        if ($id === $this->id) {
            $this->begin(null);
        }
    }

    /** Deletes all sessions of a user, in all languages, and returns how many there were. */
    public function deleteAll(string $uid): int
    {
        return $this->service->deleteAll($uid);
    }

    /**
     * Copies objects, so that the page does not change what it is compared with.
     *
     * @param array<string, mixed> $attributes
     *
     * @return array<string, mixed>
     */
    private function copied(#[\SensitiveParameter] array $attributes): array
    {
        return $this->options->objects === [] ? $attributes : $this->values->unserialize(serialize($attributes));
    }

    private function read(#[\SensitiveParameter] string $id, bool $touch): Snapshot
    {
        [$version, $stored] = $this->service->get($id, $touch);
        $visible = [];
        foreach ($stored as $name => $entry) {
            if ($this->names->isVisible((string) $name)) {
                $visible[$name] = $this->values->decode($entry);
            }
        }
        return new Snapshot($version, $stored, $visible);
    }

    private function create(#[\SensitiveParameter] string $id, Delta $delta): void
    {
        $set = $this->encoded($delta, []);
        $hidden = array_map(static fn (object|array $entry): array => (array) $entry, $this->hidden);
        try {
            $version = $this->service->create($id, $set + $hidden);
        } catch (Changed $changed) {
            throw new Conflict('the id of a new session is taken', 0, $changed);
        }
        $this->snapshot = new Snapshot($version, $set + $hidden, $delta->set + $this->base);
        $this->hidden = $this->base = [];
    }

    private function update(#[\SensitiveParameter] string $id, Delta $delta): void
    {
        $exact = array_map($this->names->attribute(...), $this->options->exact);
        $version = null;
        if (array_intersect($exact, [...array_keys($delta->set), ...$delta->remove]) !== []) {
            $version = $this->snapshot->version;
        }
        for ($try = 1;; $try++) {
            $set = $this->encoded($delta, $this->snapshot->stored);
            try {
                $result = $this->service->update($id, $set, $delta->remove, $version, $this->login || isset($delta->set['uid']));
                break;
            } catch (Changed $changed) {
                if ($try === self::TRIES) {
                    throw new Conflict('other pages change the session all the time: its exact keys could not be changed', 0, $changed);
                }
                usleep(random_int(0, 20000 * $try));
                $now = $this->read($id, false);
                $delta->reapply($exact, $this->snapshot->visible, $now->visible);
                $version = $now->version;
                $this->snapshot = $now;
            }
        }
        $gone = array_flip($delta->remove);
        $this->snapshot = new Snapshot(
            // Without a condition the version may be that of changes that this page has not seen.
            $version === null ? $this->snapshot->version : $result,
            $set + array_diff_key($this->snapshot->stored, $gone),
            $delta->set + array_diff_key($this->snapshot->visible, $gone),
        );
    }

    /**
     * @param array<string, object|array<string, mixed>> $stored
     *
     * @return array<string, array<string, mixed>>
     */
    private function encoded(Delta $delta, array $stored): array
    {
        $set = [];
        foreach ($delta->set as $name => $value) {
            $set[$name] = $this->values->encode($value, $this->names->key((string) $name), $stored[$name] ?? null);
        }
        return $set;
    }

    private function largest(Delta $delta): string
    {
        $sizes = array_map(static fn (mixed $value): int => strlen(serialize($value)), $delta->set);
        arsort($sizes);
        $name = array_key_first($sizes);
        return $name === null ? '' : ' The largest change is session key ' . Names::shown($this->names->key((string) $name)) . '.';
    }

    /**
     * Reports whether the user of the session has logged out, or is another one.
     *
     * @param array<int|string, mixed> $session
     */
    private function leavesUser(#[\SensitiveParameter] array $session): bool
    {
        $before = $this->snapshot->visible;
        $after = $this->names->attributes($session);
        if (isset($before['uid'])) {
            return ($after['uid'] ?? null) !== $before['uid'];
        }
        return $this->names->own($before) !== [] && $this->names->own($after) === [];
    }

    private function isCopied(string $name): bool
    {
        return !$this->names->isVisible($name) && !Names::isReserved($name);
    }
}
