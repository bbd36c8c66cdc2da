namespace SmartService.StandIn.Platform;

/// <summary>Access tokens: one at a time, the same one for every call inside its life.</summary>
internal sealed class AccessTokens(StandInOptions options, PlatformClock clock)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _expired = new(StringComparer.Ordinal);
    private string? _current;
    private DateTimeOffset _expires;

    public Answer Issue(string? corpId, string? secret)
    {
        if (string.IsNullOrEmpty(corpId))
        {
            return Answer.Refused(41002, "corpid missing");
        }

        if (string.IsNullOrEmpty(secret))
        {
            return Answer.Refused(41004, "corpsecret missing");
        }

        if (!string.Equals(corpId, options.CorpId, StringComparison.Ordinal))
        {
            return Answer.Refused(40013, "invalid corpid");
        }

        if (!string.Equals(secret, options.Secret, StringComparison.Ordinal))
        {
            return Answer.Refused(40001, "invalid credential");
        }

        lock (_gate)
        {
            RetireWhenOld();
            if (_current is null)
            {
                _current = Ids.AccessToken();
                _expires = clock.Now + options.AccessTokenLifetime;
            }

            var (token, left) = (_current, (long)(_expires - clock.Now).TotalSeconds);
            return Answer.Ok(json =>
            {
                json.WriteString("access_token", token);
                json.WriteNumber("expires_in", left);
            });
        }
    }

    public Refusal? Check(string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return new Refusal(41001, "access_token missing");
        }

        lock (_gate)
        {
            RetireWhenOld();
            if (string.Equals(token, _current, StringComparison.Ordinal))
            {
                return null;
            }

            return _expired.Contains(token) ? new Refusal(42001, "access_token expired") : new Refusal(40014, "invalid access_token");
        }
    }

    /// <summary>The platform may take a token back before its time.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            _expires = DateTimeOffset.MinValue;
            RetireWhenOld();
        }
    }

    private void RetireWhenOld()
    {
        if (_current is not null && clock.Now >= _expires)
        {
            _expired.Add(_current);
            _current = null;
        }
    }
}
