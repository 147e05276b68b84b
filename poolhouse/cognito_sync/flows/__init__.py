"""What several operations of Cognito Sync need."""
