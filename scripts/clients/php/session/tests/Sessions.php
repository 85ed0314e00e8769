<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

/** The sessions of the service, without the adapter. */
final class Sessions
{
    private readonly \SoapClient $soap;

    public function __construct()
    {
        $this->soap = new \SoapClient(self::url() . '?wsdl', [
            'location' => self::url(), 'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'cache_wsdl' => WSDL_CACHE_NONE,
        ]);
    }

    public static function url(): string
    {
        return (string) getenv('SOAP_URL');
    }

    /**
     * @return array<string, object>|null the attributes by name; null if there is no session
     */
    public function get(?string $id): ?array
    {
        try {
            $session = $this->soap->getSession(['id' => $id, 'typed' => true])->getSessionResult;
        } catch (\SoapFault $fault) {
            if (isset($fault->detail->SessionNotFoundFault)) {
                return null;
            }
            throw $fault;
        }
        return array_column($session->attributes->entry ?? [], null, 'key');
    }

    /** The seconds that a session has left; PHP_INT_MAX if it never expires. */
    public function expiresIn(string $id): int
    {
        return $this->soap->getSession(['id' => $id])->getSessionResult->expiresIn ?? PHP_INT_MAX;
    }

    /** @param array<string, array<string, mixed>> $attributes */
    public function set(string $id, array $attributes): void
    {
        $entries = [];
        foreach ($attributes as $name => $value) {
            $entries[] = ['key' => $name] + $value;
        }
        $this->soap->setSession(['id' => $id, 'ttl' => 600, 'attributes' => ['entry' => $entries]]);
    }

    public function delete(string $id): void
    {
        $this->soap->deleteSession(['id' => $id]);
    }

    /** How often the service was called with this operation. */
    public function calls(string $operation): int
    {
        foreach ($this->soap->stats()->statsResult->service->stat as $stat) {
            if ($stat->name === "{$operation}_requests") {
                return (int) $stat->value;
            }
        }
        return 0;
    }
}
